package pg

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
	"hetu/geo/access"
)

const (
	sessionIdle = 30 * time.Minute
	sessionLife = 8 * time.Hour
	seenStep    = time.Minute // how exactly it is known when a session or key was used last
	turnGrace   = 30 * time.Second
	lockAfter   = 5
	// lockAddressAfter is how many failures of whatever names lock an address, behind which a whole office may sit.
	lockAddressAfter = 40
	lockFor          = 15 * time.Minute
	// KeyLife is how long a key lives at most.
	KeyLife = 365 * 24 * time.Hour
	// maxKeys is how many keys of an account are in force at a time: one for each system that a person sees to.
	maxKeys = 20
)

// Visit gives what the token of a session stands for, by the token's hash; geo.CodeNotFound when it stands for nothing, or no more.
func (s *Store) Visit(ctx context.Context, hash [32]byte) (access.Visit, error) {
	type row struct {
		ID, AccountID          int64
		Name, DisplayName      string
		Current, Turn          bool
		MadeAt, SeenAt, EndsAt time.Time
		Roles                  []string
		Divisions              []int64
	}
	now := s.now()
	rows, err := collectFrom[row](ctx, s.people(), "access_session", pgx.NamedArgs{"hash": hash[:], "now": now, "idle": now.Add(-sessionIdle)})
	if err != nil {
		return access.Visit{}, err
	}
	if len(rows) == 0 {
		return access.Visit{}, geo.Errorf(geo.CodeNotFound, "there is no such session")
	}
	r := rows[0]
	if now.Sub(r.SeenAt) > seenStep {
		if _, err := s.access.Exec(ctx, s.queries["access_session_seen"], pgx.NamedArgs{"id": r.ID, "now": now}); err != nil {
			return access.Visit{}, interpret(fmt.Errorf("access_session_seen: %w", err))
		}
	}
	return access.Visit{
		Session: r.ID, Actor: access.Actor{Account: r.AccountID, Name: r.Name, Grants: grants(r.Roles, r.Divisions)}, Shown: r.DisplayName,
		SeenAt: r.SeenAt, EndsAt: r.EndsAt, Turn: r.Current && r.Turn,
	}, nil
}

// OpenSession begins a session of an account that has proved who it is, under a token of that hash. password is the hash that was looked at; if it
// was changed meanwhile, or the account shut, nothing begins.
func (s *Store) OpenSession(ctx context.Context, who access.Actor, password string, hash [32]byte, agent string) (id int64, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		id, err = s.openSession(ctx, tx, who, password, hash, agent)
		return err
	})
	return id, err
}

func (s *Store) openSession(ctx context.Context, tx pgx.Tx, who access.Actor, password string, hash [32]byte, agent string) (id int64, err error) {
	now := s.now()
	row := tx.QueryRow(ctx, s.queries["access_session_insert"], pgx.NamedArgs{
		"hash": hash[:], "account": who.Account, "password": empty(password), "now": now, "ends": now.Add(sessionLife), "ip": who.IP, "agent": agent,
	})
	switch err := row.Scan(&id); {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, geo.Errorf(geo.CodeNobody, "the account was shut, or its password changed, a moment ago: log in again")
	case err != nil:
		return 0, interpret(fmt.Errorf("access_session_insert: %w", err))
	}
	if _, err := tx.Exec(ctx, s.queries["access_session_sweep"], pgx.NamedArgs{"now": now, "idle": now.Add(-sessionIdle), "failed": now.Add(-lockFor)}); err != nil {
		return 0, interpret(fmt.Errorf("access_session_sweep: %w", err))
	}
	return id, s.audit(ctx, tx, access.Event{Actor: who, Action: "login", Object: who.Name, Result: access.Done})
}

// TurnSession gives a session a new token; ours is false where another request did so first.
func (s *Store) TurnSession(ctx context.Context, id int64, was, hash [32]byte) (ours bool, err error) {
	now := s.now()
	row := s.access.QueryRow(ctx, s.queries["access_session_turn"], pgx.NamedArgs{"id": id, "was": was[:], "hash": hash[:], "now": now, "until": now.Add(turnGrace)})
	switch err := row.Scan(&id); {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, interpret(fmt.Errorf("access_session_turn: %w", err))
	}
	return true, nil
}

// Sessions lists the sessions of an account.
func (s *Store) Sessions(ctx context.Context, account int64) ([]access.Session, error) {
	type row struct {
		ID                     int64
		MadeAt, SeenAt, EndsAt time.Time
		IP, Agent              string
	}
	now := s.now()
	rows, err := collectFrom[row](ctx, s.people(), "access_sessions", pgx.NamedArgs{"account": account, "now": now, "idle": now.Add(-sessionIdle)})
	if err != nil {
		return nil, err
	}
	out := make([]access.Session, 0, len(rows))
	for _, r := range rows {
		out = append(out, access.Session{ID: r.ID, MadeAt: r.MadeAt, SeenAt: r.SeenAt, EndsAt: r.EndsAt, IP: r.IP, Agent: r.Agent})
	}
	return out, nil
}

// EndSession ends a session of the actor's own account, or with id 0 all of them but one; geo.CodeNotFound where there is none such.
func (s *Store) EndSession(ctx context.Context, who access.Actor, id, but int64) error {
	if err := person(who); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.endSessions(ctx, tx, who.Account, id, but); err != nil {
			return err
		}
		return s.audit(ctx, tx, access.Event{Actor: who, Action: "logout", Object: who.Name, Result: access.Done})
	})
}

func (s *Store) endSessions(ctx context.Context, tx pgx.Tx, account, id, but int64) error {
	n := 0
	if err := tx.QueryRow(ctx, s.queries["access_session_end"], pgx.NamedArgs{"account": account, "id": id, "but": but}).Scan(&n); err != nil {
		return interpret(fmt.Errorf("access_session_end: %w", err))
	}
	if n == 0 && id != 0 {
		return geo.Errorf(geo.CodeNotFound, "there is no such session")
	}
	return nil
}

// anyName stands for all names of an address in the count of tries.
const anyName = ""

// TryLogin counts a try to log in before it is made; allowed is false while the name is locked for the address, or the address for all names.
func (s *Store) TryLogin(ctx context.Context, name, ip string) (allowed bool, err error) {
	locked := errors.New("locked")
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		now, n := s.now(), 0
		for _, of := range []struct {
			name string
			most int
		}{{name, lockAfter}, {anyName, lockAddressAfter}} {
			row := tx.QueryRow(ctx, s.queries["access_failure_note"], pgx.NamedArgs{
				"name": of.name, "ip": ip, "now": now, "since": now.Add(-lockFor), "most": of.most, "until": now.Add(lockFor),
			})
			switch err := row.Scan(&n); {
			case errors.Is(err, pgx.ErrNoRows):
				return locked
			case err != nil:
				return interpret(fmt.Errorf("access_failure_note: %w", err))
			}
		}
		return nil
	})
	if errors.Is(err, locked) {
		return false, nil
	}
	return err == nil, err
}

// NotTried takes a try back that was counted, and then not made.
func (s *Store) NotTried(ctx context.Context, name, ip string) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.giveBack(ctx, tx, name, ip, lockAfter); err != nil {
			return err
		}
		return s.giveBack(ctx, tx, anyName, ip, lockAddressAfter)
	})
}

func (s *Store) giveBack(ctx context.Context, tx pgx.Tx, name, ip string, most int) error {
	if _, err := tx.Exec(ctx, s.queries["access_failure_back"], pgx.NamedArgs{"name": name, "ip": ip, "most": most, "now": s.now()}); err != nil {
		return interpret(fmt.Errorf("access_failure_back: %w", err))
	}
	return nil
}

// LoggedIn forgets the tries of a name that were counted; of its address it takes the one back that succeeded.
func (s *Store) LoggedIn(ctx context.Context, name, ip string) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, s.queries["access_failure_clear"], pgx.NamedArgs{"name": name, "ip": ip}); err != nil {
			return interpret(fmt.Errorf("access_failure_clear: %w", err))
		}
		return s.giveBack(ctx, tx, anyName, ip, lockAddressAfter)
	})
}

// SetPassword gives an account a password, by its hash, and ends its sessions and invitations.
func (s *Store) SetPassword(ctx context.Context, who access.Actor, hash string) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.setPassword(ctx, tx, who, hash); err != nil {
			return err
		}
		return s.audit(ctx, tx, access.Event{Actor: who, Action: "password", Object: who.Name, Result: access.Done})
	})
}

func (s *Store) setPassword(ctx context.Context, tx pgx.Tx, who access.Actor, hash string) error {
	if _, err := tx.Exec(ctx, s.queries["access_account_password"], pgx.NamedArgs{"id": who.Account, "password": hash, "at": s.now()}); err != nil {
		return interpret(fmt.Errorf("access_account_password: %w", err))
	}
	if err := s.endSessions(ctx, tx, who.Account, 0, 0); err != nil {
		return err
	}
	return s.dropInvites(ctx, tx, who.Account, 0)
}

// dropInvites forgets the invitations of an account, and those that another made.
func (s *Store) dropInvites(ctx context.Context, tx pgx.Tx, account, by int64) error {
	if _, err := tx.Exec(ctx, s.queries["access_invite_drop"], pgx.NamedArgs{"account": account, "by": by}); err != nil {
		return interpret(fmt.Errorf("access_invite_drop: %w", err))
	}
	return nil
}

// NewInvite makes a link, by the hash of its token, that sets the password of an account, in place of those that there are; account 0 is the
// first administrator's. Nobody makes his own: a session that was left open would be enough to take the account.
func (s *Store) NewInvite(ctx context.Context, by access.Actor, account int64, hash [32]byte, life time.Duration) error {
	if err := person(by); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		object := "the first administrator"
		if account != 0 {
			if err := s.invitable(ctx, tx, by, account); err != nil {
				return err
			}
			object = fmt.Sprintf("account %d", account)
		}
		now := s.now()
		if _, err := tx.Exec(ctx, s.queries["access_invite_insert"], pgx.NamedArgs{"hash": hash[:], "account": none(account), "now": now, "by": none(by.Account), "ends": now.Add(life)}); err != nil {
			return interpret(fmt.Errorf("access_invite_insert: %w", err))
		}
		return s.audit(ctx, tx, access.Event{Actor: by, Action: "invite", Object: object, Result: access.Done})
	})
}

// invitable holds that an actor may make a link for an account.
func (s *Store) invitable(ctx context.Context, tx pgx.Tx, by access.Actor, account int64) error {
	if by.Account == account {
		return geo.Errorf(geo.CodeForbidden, "nobody makes a link for himself: change your password, or ask another administrator")
	}
	if err := s.keeps(ctx, tx, by, account); err != nil {
		return err
	}
	a, err := s.account(ctx, source{tx, s.queries}, pgx.NamedArgs{"id": account, "name": nil, "issuer": nil, "subject": nil})
	if err == nil && a.Issuer != "" {
		err = geo.Errorf(geo.CodeRefused, "the account logs in by %s, and has no password: there is nothing to set by a link", a.Issuer)
	}
	return err
}

// Invite gives an invitation that can be taken; geo.CodeNotFound when there is none.
func (s *Store) Invite(ctx context.Context, hash [32]byte) (access.Invite, error) {
	type row struct {
		Account           int64
		Name, DisplayName string
		EndsAt            time.Time
	}
	rows, err := collectFrom[row](ctx, s.people(), "access_invite", pgx.NamedArgs{"hash": hash[:], "now": s.now()})
	if err != nil {
		return access.Invite{}, err
	}
	if len(rows) == 0 {
		return access.Invite{}, noInvite()
	}
	return access.Invite(rows[0]), nil
}

func noInvite() error {
	return geo.Errorf(geo.CodeNotFound, "the link is not, or no more, good: each works once, and for a day; ask for another")
}

// TakeInvite takes an invitation: the password is set, by its hash. The first administrator's also makes the account, by the name given, and its
// grant over the whole installation, unless there is an administrator by now.
func (s *Store) TakeInvite(ctx context.Context, token [32]byte, who access.Actor, display, password string) (account access.Account, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		var id int64
		switch err := tx.QueryRow(ctx, s.queries["access_invite_take"], pgx.NamedArgs{"hash": token[:], "now": s.now()}).Scan(&id); {
		case errors.Is(err, pgx.ErrNoRows):
			return noInvite()
		case err != nil:
			return interpret(fmt.Errorf("access_invite_take: %w", err))
		}
		if id == 0 {
			if id, err = s.firstAdmin(ctx, tx, who.Name, display); err != nil {
				return err
			}
		}
		if account, err = s.account(ctx, source{tx, s.queries}, pgx.NamedArgs{"id": id, "name": nil, "issuer": nil, "subject": nil}); err != nil {
			return err
		}
		if account.Disabled {
			return noInvite()
		}
		who.Account, who.Name, account.Password = account.ID, account.Name, password
		return s.resetPassword(ctx, tx, who, password)
	})
	return account, err
}

// resetPassword sets a password that was lost, or known to another: whatever was opened with the account is shut, its keys too.
func (s *Store) resetPassword(ctx context.Context, tx pgx.Tx, who access.Actor, hash string) error {
	if err := s.setPassword(ctx, tx, who, hash); err != nil {
		return err
	}
	keys := 0
	if err := tx.QueryRow(ctx, s.queries["access_key_end"], pgx.NamedArgs{"account": who.Account, "id": "", "now": s.now()}).Scan(&keys); err != nil {
		return interpret(fmt.Errorf("access_key_end: %w", err))
	}
	return s.audit(ctx, tx, access.Event{Actor: who, Action: "password", Object: who.Name, Result: access.Done, Detail: fmt.Sprintf("by a link; %d keys ended", keys)})
}

func (s *Store) firstAdmin(ctx context.Context, tx pgx.Tx, name, display string) (id int64, err error) {
	some, err := s.hasAdmin(ctx, tx)
	if err != nil {
		return 0, err
	}
	if some {
		return 0, noInvite()
	}
	args := pgx.NamedArgs{"name": name, "display": display, "division": nil, "issuer": nil, "subject": nil, "at": s.now(), "by": nil}
	switch err := tx.QueryRow(ctx, s.queries["access_account_insert"], args).Scan(&id); {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, geo.FieldErrorf(geo.CodeConflict, "name", "an account is called %q already: choose another name", name)
	case err != nil:
		return 0, interpret(fmt.Errorf("access_account_insert: %w", err))
	}
	var grant int64
	row := tx.QueryRow(ctx, s.queries["access_grant_insert"], pgx.NamedArgs{"id": id, "role": string(access.Admin), "division": nil, "at": s.now(), "by": nil})
	return id, interpret(row.Scan(&grant))
}

// HasAdmin tells whether anybody is an administrator.
func (s *Store) HasAdmin(ctx context.Context) (some bool, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		some, err = s.hasAdmin(ctx, tx)
		return err
	})
	return some, err
}

func (s *Store) hasAdmin(ctx context.Context, tx pgx.Tx) (some bool, err error) {
	if err := tx.QueryRow(ctx, s.queries["access_admins"]).Scan(&some); err != nil {
		return false, interpret(fmt.Errorf("access_admins: %w", err))
	}
	return some, nil
}

// KeyActor gives what a key stands for, by the hash of its secret; geo.CodeNotFound when it stands for nothing, or no more. Only who has the
// secret uses the key.
func (s *Store) KeyActor(ctx context.Context, id string, secret [32]byte) (actor access.Actor, err error) {
	type row struct {
		ID        string
		Hash      []byte
		AccountID int64
		Name      string
		UsedAt    *time.Time
		Roles     []string
		Divisions []int64
	}
	now := s.now()
	var rows []row
	statements := &pgx.Batch{}
	statements.Queue(s.queries["access_clock"], s.clockArgs())
	statements.Queue(s.queries["access_key"], pgx.NamedArgs{"id": id, "now": now}).Query(func(found pgx.Rows) (err error) {
		rows, err = pgx.CollectRows(found, pgx.RowToStructByName[row])
		return err
	})
	if err := s.access.SendBatch(ctx, statements).Close(); err != nil {
		return access.Actor{}, interpret(fmt.Errorf("access_key: %w", err))
	}
	if len(rows) == 0 || subtle.ConstantTimeCompare(rows[0].Hash, secret[:]) != 1 {
		return access.Actor{}, noKey()
	}
	r := rows[0]
	if r.UsedAt == nil || now.Sub(*r.UsedAt) > seenStep {
		if _, err := s.access.Exec(ctx, s.queries["access_key_used"], pgx.NamedArgs{"id": r.ID, "now": now}); err != nil {
			return access.Actor{}, interpret(fmt.Errorf("access_key_used: %w", err))
		}
	}
	return access.Actor{Account: r.AccountID, Name: r.Name, Key: r.ID, Grants: grants(r.Roles, r.Divisions)}, nil
}

func noKey() error { return geo.Errorf(geo.CodeNotFound, "there is no such key") }

// NewKey makes a key of an account, by the hash of its secret. by is the account itself, or nobody: the command line. An administrator who could
// would act as whom he keeps, unseen; he lists keys and revokes them. Its roles are some of its owner's, its division lies in one where the owner has them.
func (s *Store) NewKey(ctx context.Context, by access.Actor, k access.Key, hash [32]byte) error {
	if err := person(by); err != nil {
		return err
	}
	now := s.now()
	switch {
	case !k.EndsAt.After(now):
		return geo.InvalidField("ends_at", "is over; give a time to come")
	case k.EndsAt.After(now.Add(KeyLife)):
		return geo.InvalidField("ends_at", "is more than a year away; a key lives for a year at most")
	case len(k.Roles) == 0:
		return geo.InvalidField("roles", "is empty; name what the key is for")
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if by.Known() && by.Account != k.Account {
			if err := s.keeps(ctx, tx, by, k.Account); err != nil {
				return err
			}
			return geo.Errorf(geo.CodeForbidden, "only the account itself makes its keys: let its person log in and make one")
		}
		if err := s.covers(ctx, tx, k); err != nil {
			return err
		}
		if err := s.roomForKey(ctx, tx, k.Account, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, s.queries["access_key_insert"], pgx.NamedArgs{
			"id": k.ID, "hash": hash[:], "account": k.Account, "name": k.Name, "roles": access.Words(k.Roles...), "division": none(k.Division), "now": now, "by": none(by.Account), "ends": k.EndsAt,
		})
		if err != nil {
			return interpret(fmt.Errorf("access_key_insert: %w", err))
		}
		return s.audit(ctx, tx, access.Event{Actor: by, Action: "key_new", Object: k.ID, Result: access.Done, Detail: k.Name})
	})
}

// roomForKey refuses a further key of an account that has many.
func (s *Store) roomForKey(ctx context.Context, tx pgx.Tx, account int64, now time.Time) error {
	if err := s.holdAccount(ctx, tx, account); err != nil {
		return err
	}
	live := 0
	if err := tx.QueryRow(ctx, s.queries["access_keys_live"], pgx.NamedArgs{"account": account, "now": now}).Scan(&live); err != nil {
		return interpret(fmt.Errorf("access_keys_live: %w", err))
	}
	if live >= maxKeys {
		return geo.Errorf(geo.CodeConflict, "the account has %d keys that are good, and may have no more: revoke those that are not needed", live)
	}
	return nil
}

// holdAccount holds an account until the transaction ends, so that what is counted of it is not written beside it.
func (s *Store) holdAccount(ctx context.Context, tx pgx.Tx, account int64) error {
	if _, err := tx.Exec(ctx, s.queries["access_account_hold"], pgx.NamedArgs{"id": account}); err != nil {
		return interpret(fmt.Errorf("access_account_hold: %w", err))
	}
	return nil
}

// covers holds that the owner of a key has each of its roles, in its division.
func (s *Store) covers(ctx context.Context, tx pgx.Tx, k access.Key) error {
	owner, err := s.account(ctx, source{tx, s.queries}, pgx.NamedArgs{"id": k.Account, "name": nil, "issuer": nil, "subject": nil})
	if err != nil {
		return err
	}
	a := access.Actor{Account: owner.ID}
	for _, g := range owner.Grants {
		a.Grants = append(a.Grants, g.Grant)
	}
	for _, role := range k.Roles {
		may := a.Has(role)
		if may && k.Division != access.Everywhere {
			if may, err = s.May(ctx, tx, a, k.Division, role); err != nil {
				return err
			}
		}
		if !may {
			return geo.FieldErrorf(geo.CodeRefused, "roles", "the account is no %s there; a key may what its owner may, or less", role)
		}
	}
	return nil
}

// Keys lists the keys of an account.
func (s *Store) Keys(ctx context.Context, by access.Actor, account int64) (out []access.Key, err error) {
	type row struct {
		ID, Name        string
		Roles           []string
		Division        int64
		MadeAt, EndsAt  time.Time
		EndedAt, UsedAt *time.Time
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if by.Account != account {
			if err := s.keeps(ctx, tx, by, account); err != nil {
				return err
			}
		}
		rows, err := collectFrom[row](ctx, source{tx, s.queries}, "access_keys", pgx.NamedArgs{"account": account})
		for _, r := range rows {
			k := access.Key{ID: r.ID, Account: account, Name: r.Name, Division: r.Division, MadeAt: r.MadeAt, EndsAt: r.EndsAt, EndedAt: r.EndedAt, UsedAt: r.UsedAt}
			for _, role := range r.Roles {
				k.Roles = append(k.Roles, access.Role(role))
			}
			out = append(out, k)
		}
		return err
	})
	return out, err
}

// EndKey revokes a key of an account.
func (s *Store) EndKey(ctx context.Context, by access.Actor, account int64, id string) error {
	if err := person(by); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if by.Account != account {
			if err := s.keeps(ctx, tx, by, account); err != nil {
				return err
			}
		}
		n := 0
		if err := tx.QueryRow(ctx, s.queries["access_key_end"], pgx.NamedArgs{"account": account, "id": id, "now": s.now()}).Scan(&n); err != nil {
			return interpret(fmt.Errorf("access_key_end: %w", err))
		}
		if n == 0 {
			return noKey()
		}
		return s.audit(ctx, tx, access.Event{Actor: by, Action: "key_end", Object: id, Result: access.Done})
	})
}
