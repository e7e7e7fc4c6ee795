package access

import (
	"slices"
	"strings"
	"time"

	"hetu/geo"
)

// Role 角色 is what a person is allowed for.
type Role string

// The roles. Everybody is public; the others are granted within a division.
const (
	Public    Role = "public"    // 公众
	Planner   Role = "planner"   // 划界人员: writes geometry
	Reviewer  Role = "reviewer"  // 审核人员: judges it
	Publisher Role = "publisher" // 公告人员: announces it
	Office    Role = "office"    // 河长办: writes people, boards, sections and problems
	Admin     Role = "admin"     // 管理员: writes divisions and accounts
)

// Granted lists the roles that can be granted.
func Granted() []Role { return []Role{Planner, Reviewer, Publisher, Office, Admin} }

// Words gives roles as the database takes them.
func Words(roles ...Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return out
}

// ParseRole reads a role that can be granted.
func ParseRole(s string) (Role, error) {
	if r := Role(s); slices.Contains(Granted(), r) {
		return r, nil
	}
	return "", geo.Errorf(geo.CodeInvalid, "%.40q is no role: give one of %s", s, strings.Join(Words(Granted()...), ", "))
}

// Everywhere is the division of a grant that holds in the whole installation.
const Everywhere int64 = 0

// Grant 授权 is a role within a division and all below it; [Everywhere] is the whole installation.
type Grant struct {
	Role     Role
	Division int64
}

// Actor 操作者 is who asks or writes. The zero value is the public.
type Actor struct {
	Account   int64  // 0: nobody has logged in
	Name      string // of the account
	Key       string // the id of the key by which a system asks; "" for a person
	Grants    []Grant
	IP        string
	RequestID string
}

// Known tells whether somebody has logged in.
func (a Actor) Known() bool { return a.Account != 0 }

// Has tells whether the actor has one of the roles, in whatever division.
func (a Actor) Has(roles ...Role) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return slices.Contains(roles, g.Role) })
}

// Divisions gives where the actor has one of the roles, each division once; everywhere is true where that is the whole installation.
func (a Actor) Divisions(roles ...Role) (divisions []int64, everywhere bool) {
	for _, g := range a.Grants {
		switch {
		case !slices.Contains(roles, g.Role):
		case g.Division == Everywhere:
			everywhere = true
		case !slices.Contains(divisions, g.Division):
			divisions = append(divisions, g.Division)
		}
	}
	return divisions, everywhere
}

// String names the actor for the audit: the account, and the key it used.
func (a Actor) String() string {
	switch {
	case !a.Known() && a.Name != "":
		return a.Name
	case !a.Known():
		return string(Public)
	case a.Key != "":
		return a.Name + " (key " + a.Key + ")"
	default:
		return a.Name
	}
}

// View is which drafts somebody may see: all, those of some divisions and all below them, or none.
type View struct {
	All       bool
	Divisions []int64
}

// Nothing tells whether there is no draft to be seen.
func (v View) Nothing() bool { return !v.All && len(v.Divisions) == 0 }

// Drafts tells which drafts the actor may see: any role but the public's shows those of its division.
func (a Actor) Drafts() View {
	divisions, everywhere := a.Divisions(Granted()...)
	if everywhere {
		return View{All: true}
	}
	return View{Divisions: divisions}
}

// Result is how what was asked for ended.
type Result string

// The results.
const (
	Done    Result = "done"
	Refused Result = "refused" // for want of a right
	Failed  Result = "failed"  // a login
)

// Event is what the audit of access keeps: a login, a grant, a refusal.
type Event struct {
	Actor  Actor
	Action string // the route or the deed, such as login, grant, boundary_write
	Object string // what it was done to
	Result Result
	Detail string
}

// Held is a grant with its number.
type Held struct {
	ID int64
	Grant
}

// Account 账户 is a person who can log in.
type Account struct {
	ID          int64
	Name        string // lower case; what is typed to log in
	DisplayName string
	Division    int64  // whose administrators keep it; [Everywhere]: the installation's
	Password    string // its hash; "" where there is none
	Issuer      string // of an account that logs in by OIDC
	Subject     string
	Disabled    bool
	MadeAt      time.Time
	Grants      []Held
}

// Session 会话 is a person's visit.
type Session struct {
	ID      int64
	MadeAt  time.Time
	SeenAt  time.Time
	EndsAt  time.Time
	IP      string
	Agent   string
	Current bool // the one that asks
}

// Visit is what a session's token stands for.
type Visit struct {
	Session int64
	Actor   Actor
	Shown   string // the account's display name
	SeenAt  time.Time
	EndsAt  time.Time
	Turn    bool // its rights changed: it is due a new token
}

// Key 接口密钥 is what a system asks with. Its roles are some of its owner's, and hold while the owner has them.
type Key struct {
	ID       string
	Account  int64
	Name     string
	Roles    []Role
	Division int64 // [Everywhere]: wherever its owner may
	MadeAt   time.Time
	EndsAt   time.Time
	EndedAt  *time.Time // when it was revoked
	UsedAt   *time.Time
}

// Invite 邀请 is a link that sets a password once.
type Invite struct {
	Account     int64 // 0: the first administrator's, who gives a name
	Name        string
	DisplayName string
	EndsAt      time.Time
}

// Record is a row of the audit, as it is read.
type Record struct {
	ID      int64
	At      time.Time
	Actor   string
	Account int64
	Key     string
	IP      string
	Request string
	Action  string // of the chain of writes: write
	Object  string
	Result  string
	Detail  string
	Hash    string
}

// HiddenError is a refusal that is told as if there were nothing: it is kept in the audit, and answered by what it wraps.
type HiddenError struct{ error }

// Unwrap gives what is answered.
func (e HiddenError) Unwrap() error { return e.error }

// Hide makes an error one that hides a refusal. It is given to those who may not know that the thing exists; what it says is what is said of a
// thing that does not.
func Hide(err error) error { return HiddenError{err} }
