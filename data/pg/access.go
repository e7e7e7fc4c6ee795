package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
)

// none gives NULL for a number that is none.
func none(v int64) any {
	if v == 0 {
		return nil
	}
	return v
}

// empty gives NULL for a text that is empty.
func empty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// actorArgs names an actor to a statement; what there is none of is NULL.
func actorArgs(a access.Actor) pgx.NamedArgs {
	return pgx.NamedArgs{"account": none(a.Account), "key": empty(a.Key), "ip": empty(a.IP), "request": empty(a.RequestID)}
}

// tellClock has the rest of a transaction look at grants and keys by this process's clock.
func (s *Store) tellClock(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, s.queries["access_clock"], s.clockArgs()); err != nil {
		return interpret(fmt.Errorf("tell the clock: %w", err))
	}
	return nil
}

func (s *Store) clockArgs() pgx.NamedArgs {
	return pgx.NamedArgs{"now": s.now().Format(time.RFC3339Nano)}
}

// May tells whether an actor has one of the roles in a division, by the grants and the tree of divisions that the transaction sees. It is asked
// within [Batch.Before], so that what it says holds until the write is in.
func (s *Store) May(ctx context.Context, tx pgx.Tx, actor access.Actor, division int64, roles ...access.Role) (may bool, err error) {
	row := tx.QueryRow(ctx, s.queries["access_may"], pgx.NamedArgs{"account": actor.Account, "key": empty(actor.Key), "roles": access.Words(roles...), "division": none(division)})
	if err := row.Scan(&may); err != nil {
		return false, interpret(fmt.Errorf("access_may: %w", err))
	}
	return may, nil
}

// OutsideGrants gives the part of a geometry that lies more than a metre outside the divisions in which an actor has one of the roles; nil when
// all lies inside.
func (s *Store) OutsideGrants(ctx context.Context, tx pgx.Tx, actor access.Actor, g geom.T, roles ...access.Role) (outside geom.T, err error) {
	row := tx.QueryRow(ctx, s.queries["access_outside"], pgx.NamedArgs{"account": actor.Account, "key": empty(actor.Key), "roles": access.Words(roles...), "geom": withSRID(g)})
	if err := row.Scan(&outside); err != nil {
		return nil, interpret(fmt.Errorf("access_outside: %w", err))
	}
	return outside, nil
}

// Audit adds an event to the chain of logins, grants and refusals, in a transaction of its own: it waits for no import.
func (s *Store) Audit(ctx context.Context, e access.Event) error {
	return s.inTx(ctx, func(tx pgx.Tx) error { return s.audit(ctx, tx, e) })
}

// audit adds an event in a transaction. It is that transaction's last step, for the chain has one writer at a time.
func (s *Store) audit(ctx context.Context, tx pgx.Tx, e access.Event) error {
	_, err := tx.Exec(ctx, s.queries["access_audit"], with(actorArgs(e.Actor),
		"at", s.now(), "actor", e.Actor.String(), "action", e.Action, "object", empty(e.Object), "result", string(e.Result), "detail", empty(e.Detail)))
	if err != nil {
		return interpret(fmt.Errorf("access_audit: %w", err))
	}
	return nil
}

// inTx runs f in a transaction that sees this process's clock; within [Store.Once] in the one that it opened.
func (s *Store) inTx(ctx context.Context, f func(tx pgx.Tx) error) error {
	if tx, ok := ctx.Value(onceTx{}).(pgx.Tx); ok {
		return f(tx)
	}
	tx, err := s.access.Begin(ctx)
	if err != nil {
		return interpret(fmt.Errorf("begin: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := s.tellClock(ctx, tx); err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return interpret(fmt.Errorf("commit: %w", err))
	}
	return nil
}

// accountRow is a row of access_account.
type accountRow struct {
	ID          int64
	Name        string
	DisplayName string
	Division    int64
	Password    *string
	Issuer      *string
	Subject     *string
	Disabled    bool
	MadeAt      time.Time
	IDs         []int64
	Roles       []string
	Divisions   []int64
}

func (r accountRow) account() access.Account {
	a := access.Account{ID: r.ID, Name: r.Name, DisplayName: r.DisplayName, Division: r.Division, Disabled: r.Disabled, MadeAt: r.MadeAt}
	for from, to := range map[*string]*string{r.Password: &a.Password, r.Issuer: &a.Issuer, r.Subject: &a.Subject} {
		if from != nil {
			*to = *from
		}
	}
	for i, g := range grants(r.Roles, r.Divisions) {
		a.Grants = append(a.Grants, access.Held{ID: r.IDs[i], Grant: g})
	}
	return a
}

func grants(roles []string, divisions []int64) []access.Grant {
	out := make([]access.Grant, 0, len(roles))
	for i, r := range roles {
		out = append(out, access.Grant{Role: access.Role(r), Division: divisions[i]})
	}
	return out
}

// people reads by the connections that may see accounts.
func (s *Store) people() source { return source{s.access, s.queries} }

// Account gives an account by its name; geo.CodeNotFound when there is none.
func (s *Store) Account(ctx context.Context, name string) (access.Account, error) {
	return s.account(ctx, s.people(), pgx.NamedArgs{"id": 0, "name": name, "issuer": nil, "subject": nil})
}

// AccountOf gives the account of a subject of an OIDC issuer; geo.CodeNotFound when there is none.
func (s *Store) AccountOf(ctx context.Context, issuer, subject string) (access.Account, error) {
	return s.account(ctx, s.people(), pgx.NamedArgs{"id": 0, "name": nil, "issuer": issuer, "subject": subject})
}

func (s *Store) account(ctx context.Context, from source, a pgx.NamedArgs) (access.Account, error) {
	rows, err := collectFrom[accountRow](ctx, from, "access_account", a)
	if err != nil {
		return access.Account{}, err
	}
	if len(rows) == 0 {
		return access.Account{}, noAccount()
	}
	return rows[0].account(), nil
}

func noAccount() error { return geo.Errorf(geo.CodeNotFound, "there is no such account") }

// Accounts lists the accounts that an actor keeps, after one; all of them where nobody asks, as the command line does.
func (s *Store) Accounts(ctx context.Context, by access.Actor, after int64, limit int) ([]access.Account, error) {
	rows, err := collectFrom[accountRow](ctx, s.people(), "access_accounts", pgx.NamedArgs{"account": by.Account, "key": empty(by.Key), "after": after, "limit": limit})
	if err != nil {
		return nil, err
	}
	out := make([]access.Account, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.account())
	}
	return out, nil
}

// Division finds a division of today by its code or its name, for the command line.
func (s *Store) Division(ctx context.Context, word string) (id int64, name string, err error) {
	type row struct {
		ID         int64
		Code, Name string
	}
	rows, err := collectFrom[row](ctx, s.people(), "access_division", pgx.NamedArgs{"id": 0, "word": word})
	switch {
	case err != nil:
		return 0, "", err
	case len(rows) == 0:
		return 0, "", geo.InvalidField("division", "no division is called %q, or has that code", word)
	case len(rows) > 1:
		return 0, "", geo.InvalidField("division", "more than one division is called %q: give its code", word)
	}
	return rows[0].ID, rows[0].Name, nil
}

// person refuses a key: with what opens a door no further doors are made. It would outlive its own end, and who took one would have all.
func person(by access.Actor) error {
	if by.Key != "" {
		return geo.Errorf(geo.CodeForbidden, "a key changes no accounts, rights, keys or sessions: log in")
	}
	return nil
}

// keeps holds that an actor keeps an account. An account that he does not keep is one that he is not told of. The command line, which is nobody,
// keeps all.
func (s *Store) keeps(ctx context.Context, tx pgx.Tx, by access.Actor, id int64) error {
	if !by.Known() {
		return nil
	}
	kept := false
	row := tx.QueryRow(ctx, s.queries["access_kept"], pgx.NamedArgs{"account": by.Account, "key": empty(by.Key), "id": id})
	if err := row.Scan(&kept); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return interpret(fmt.Errorf("access_kept: %w", err))
	}
	if !kept {
		return noAccount()
	}
	return nil
}

// NewAccount makes an account without rights, and gives its id. by is an administrator of its division, or nobody: the command line.
func (s *Store) NewAccount(ctx context.Context, by access.Actor, a access.Account) (id int64, err error) {
	if err := person(by); err != nil {
		return 0, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.administers(ctx, tx, by, a.Division); err != nil {
			return err
		}
		row := tx.QueryRow(ctx, s.queries["access_account_insert"], pgx.NamedArgs{
			"name": a.Name, "display": a.DisplayName, "division": none(a.Division), "issuer": empty(a.Issuer), "subject": empty(a.Subject), "at": s.now(), "by": none(by.Account),
		})
		switch err := row.Scan(&id); {
		case errors.Is(err, pgx.ErrNoRows):
			return geo.FieldErrorf(geo.CodeConflict, "name", "an account is called %q, or logs in as that subject, already", a.Name)
		case err != nil:
			return interpret(fmt.Errorf("access_account_insert: %w", err))
		}
		return s.audit(ctx, tx, access.Event{Actor: by, Action: "account_new", Object: a.Name, Result: access.Done, Detail: divisionWords(a.Division)})
	})
	return id, err
}

func divisionWords(division int64) string {
	if division == access.Everywhere {
		return "the installation"
	}
	return fmt.Sprintf("division %d", division)
}

// administers holds that an actor is an administrator of a division.
func (s *Store) administers(ctx context.Context, tx pgx.Tx, by access.Actor, division int64) error {
	if !by.Known() {
		return nil
	}
	may, err := s.May(ctx, tx, by, division, access.Admin)
	if err == nil && !may {
		err = geo.FieldErrorf(geo.CodeForbidden, "division", "you are no administrator of %s: leave it to one who is", divisionWords(division))
	}
	return err
}

// Grant gives an account a role in a division, and gives the grant's number. by is an administrator of that division, and not the
// account itself, or nobody: the command line.
func (s *Store) Grant(ctx context.Context, by access.Actor, account int64, g access.Grant) (id int64, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.grantable(ctx, tx, by, account, g); err != nil {
			return err
		}
		a, err := s.account(ctx, source{tx, s.queries}, pgx.NamedArgs{"id": account, "name": nil, "issuer": nil, "subject": nil})
		if err != nil {
			return err
		}
		if err := apart(a, g.Role); err != nil {
			return err
		}
		row := tx.QueryRow(ctx, s.queries["access_grant_insert"], pgx.NamedArgs{
			"id": account, "role": string(g.Role), "division": none(g.Division), "at": s.now(), "by": none(by.Account),
		})
		switch err := row.Scan(&id); {
		case errors.Is(err, pgx.ErrNoRows):
			return geo.Errorf(geo.CodeConflict, "%s is %s in %s already", a.Name, g.Role, divisionWords(g.Division))
		case err != nil:
			return interpret(fmt.Errorf("access_grant_insert: %w", err))
		}
		// A link that somebody made who might not give this right would give it to him: he knows the link.
		if _, err := tx.Exec(ctx, s.queries["access_invite_rise"], pgx.NamedArgs{"account": account, "division": none(g.Division)}); err != nil {
			return interpret(fmt.Errorf("access_invite_rise: %w", err))
		}
		return s.rightsChanged(ctx, tx, account, access.Event{Actor: by, Action: "grant", Object: a.Name, Result: access.Done, Detail: string(g.Role) + " in " + divisionWords(g.Division)})
	})
	return id, err
}

// apart keeps those who give rights from those who use them for the map: whoever could do both would be several people at once.
func apart(a access.Account, role access.Role) error {
	acts := func(r access.Role) bool { return r == access.Planner || r == access.Reviewer || r == access.Publisher }
	for _, had := range a.Grants {
		if had.Role == access.Admin && acts(role) || acts(had.Role) && role == access.Admin {
			return geo.FieldErrorf(geo.CodeConflict, "role", "%s is %s, and an administrator gives rights and does not draw, review or publish: give one of the two to another account", a.Name, had.Role)
		}
	}
	return nil
}

// grantable holds that an actor may give or take a grant.
func (s *Store) grantable(ctx context.Context, tx pgx.Tx, by access.Actor, account int64, g access.Grant) error {
	if err := person(by); err != nil {
		return err
	}
	if by.Known() && by.Account == account {
		return geo.Errorf(geo.CodeForbidden, "nobody changes his own rights: leave it to another administrator")
	}
	if err := s.keeps(ctx, tx, by, account); err != nil {
		return err
	}
	return s.administers(ctx, tx, by, g.Division)
}

func (s *Store) rightsChanged(ctx context.Context, tx pgx.Tx, account int64, e access.Event) error {
	if _, err := tx.Exec(ctx, s.queries["access_rights_changed"], pgx.NamedArgs{"id": account, "at": s.now()}); err != nil {
		return interpret(fmt.Errorf("access_rights_changed: %w", err))
	}
	return s.audit(ctx, tx, e)
}

// EndGrant takes a grant of an account back.
func (s *Store) EndGrant(ctx context.Context, by access.Actor, account, id int64) error {
	if err := person(by); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.keeps(ctx, tx, by, account); err != nil {
			return err
		}
		type row struct {
			AccountID int64
			Role      string
			Division  int64
		}
		rows, err := collectFrom[row](ctx, source{tx, s.queries}, "access_grant", pgx.NamedArgs{"id": id})
		if err != nil {
			return err
		}
		if len(rows) == 0 || rows[0].AccountID != account {
			return geo.Errorf(geo.CodeNotFound, "the account has no such grant")
		}
		g := access.Grant{Role: access.Role(rows[0].Role), Division: rows[0].Division}
		if err := s.grantable(ctx, tx, by, account, g); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.queries["access_grant_end"], pgx.NamedArgs{"id": id, "at": s.now(), "by": none(by.Account)}); err != nil {
			return interpret(fmt.Errorf("access_grant_end: %w", err))
		}
		if g.Role == access.Admin { // what he could make as an administrator
			if err := s.dropInvites(ctx, tx, 0, account); err != nil {
				return err
			}
		}
		return s.rightsChanged(ctx, tx, account, access.Event{
			Actor: by, Action: "grant_end", Object: fmt.Sprintf("account %d", account), Result: access.Done, Detail: string(g.Role) + " in " + divisionWords(g.Division),
		})
	})
}

// Disable shuts an account out, its sessions and keys with it, or lets it in again.
func (s *Store) Disable(ctx context.Context, by access.Actor, account int64, disabled bool) error {
	if err := person(by); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if by.Known() && by.Account == account {
			return geo.Errorf(geo.CodeForbidden, "nobody shuts himself out: leave it to another administrator")
		}
		if err := s.keeps(ctx, tx, by, account); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.queries["access_account_able"], pgx.NamedArgs{"id": account, "disabled": disabled, "at": s.now()}); err != nil {
			return interpret(fmt.Errorf("access_account_able: %w", err))
		}
		action := "account_enable"
		if disabled {
			action = "account_disable"
			if err := s.endSessions(ctx, tx, account, 0, 0); err != nil {
				return err
			}
			if err := s.dropInvites(ctx, tx, account, account); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, access.Event{Actor: by, Action: action, Object: fmt.Sprintf("account %d", account), Result: access.Done})
	})
}
