package pg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// What goes with a project and is no part of its revisions: comments, leases, and the operations of drafts.

// leaseFor is how long a lease lasts that is not renewed.
const leaseFor = 2 * time.Minute

// maxLeases is how many leases an account holds in a project at a time: one for each page that it is open in.
const maxLeases = 20

// talk runs a small write about a project in one transaction, for somebody who has one of some roles over it or over a partner's division.
// The writers' lock is not taken: nothing of it is a version of anything.
func (s *Store) talk(ctx context.Context, by access.Actor, id int64, rs []string, write func(context.Context, *edit, project.Project) error) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		e := &edit{source: source{tx, s.queries}, tx: tx, by: by, now: s.now()}
		p, _, err := e.locked(ctx, id, rs, true)
		if err != nil {
			return err
		}
		return write(ctx, e, p)
	})
}

// overheard reads what people wrote about a project that one sees. The role that reads the map may not.
func (s *Store) overheard(ctx context.Context, by access.Actor, id int64, read func(source) error) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		src := source{tx, s.queries}
		if _, err := src.project(ctx, by, id); err != nil {
			return err
		}
		return read(src)
	})
}

type commentRow struct {
	ID                       int64
	Revision                 int
	Bank                     geo.Bank
	FromM, ToM               float64
	Lon, Lat                 *float64
	ReplyTo                  *int64
	Blocking                 bool
	Text                     string
	AccountID                int64
	AccountName              string
	At                       time.Time
	ResolvedName, Resolution *string
	ResolvedAt               *time.Time
}

// Comments gives the comments on a project after one, the oldest first.
func (s *Store) Comments(ctx context.Context, by access.Actor, id, after int64, limit int) (out []project.Comment, err error) {
	err = s.overheard(ctx, by, id, func(src source) error {
		rows, err := collectFrom[commentRow](ctx, src, "edit_comments", pgx.NamedArgs{"project": id, "after": after, "limit": limit})
		for _, r := range rows {
			out = append(out, project.Comment{
				ID: r.ID, Revision: r.Revision, Bank: r.Bank, FromM: r.FromM, ToM: r.ToM, Lon: r.Lon, Lat: r.Lat, ReplyTo: r.ReplyTo, Blocking: r.Blocking, Text: r.Text,
				Account: r.AccountID, By: r.AccountName, At: r.At, ResolvedBy: r.ResolvedName, ResolvedAt: r.ResolvedAt, Resolution: r.Resolution,
			})
		}
		return err
	})
	return out, err
}

// commenters are the roles that comment.
func commenters() []string { return roles(access.Planner, access.Reviewer, access.Publisher) }

// AddComment pins a comment to a revision of a project and a range, and gives its id.
func (s *Store) AddComment(ctx context.Context, by access.Actor, id int64, c project.Comment) (made int64, err error) {
	err = s.talk(ctx, by, id, commenters(), func(ctx context.Context, e *edit, p project.Project) error {
		if c.Revision < 1 || c.Revision > p.Revision {
			return geo.FieldErrorf(geo.CodeRefused, "/revision", "the project has revisions 1 to %d, and %d is none of them", p.Revision, c.Revision)
		}
		if c.FromM < p.FromM-slack || c.ToM > p.ToM+slack {
			return geo.FieldErrorf(geo.CodeRefused, "/from_m", "%g to %g reaches beyond the project, which runs from %g to %g", c.FromM, c.ToM, p.FromM, p.ToM)
		}
		rows, err := collectFrom[struct{ ID int64 }](ctx, e.source, "edit_comment", pgx.NamedArgs{
			"project": id, "revision": c.Revision, "bank": string(c.Bank), "from_m": c.FromM, "to_m": c.ToM, "lon": c.Lon, "lat": c.Lat, "reply_to": c.ReplyTo,
			"blocking": c.Blocking, "text": c.Text, "account": by.Account, "name": by.Name, "at": e.now,
		})
		if err == nil && len(rows) == 0 {
			err = geo.FieldErrorf(geo.CodeRefused, "/reply_to", "the project has no comment %d", *c.ReplyTo)
		}
		if err != nil {
			return err
		}
		made = rows[0].ID
		return e.told(ctx, s, commentAction, id, made, fmt.Sprintf("revision %d, blocking %t: %s", c.Revision, c.Blocking, c.Text))
	})
	return made, err
}

// told keeps in the chain of the audit what somebody said about a project; the text as its hash, for the chain is read by those who see no project.
func (e *edit) told(ctx context.Context, s *Store, action string, id, comment int64, said string) error {
	sum := sha256.Sum256([]byte(said))
	return s.audit(ctx, e.tx, access.Event{
		Actor: e.by, Action: action, Object: fmt.Sprintf("project %d, comment %d", id, comment), Result: access.Done, Detail: "sha256 " + hex.EncodeToString(sum[:]),
	})
}

// ResolveComment says that a comment is dealt with, and how. A blocking one is resolved by whoever made it, or by a reviewer of the division that
// leads who drafted nothing of the project: not by the planner whom it is to stop.
func (s *Store) ResolveComment(ctx context.Context, by access.Actor, id, comment int64, how string) error {
	return s.talk(ctx, by, id, commenters(), func(ctx context.Context, e *edit, p project.Project) error {
		rows, err := collectFrom[commentRow](ctx, e.source, "edit_comments", pgx.NamedArgs{"project": id, "after": comment - 1, "limit": 1})
		if err != nil {
			return err
		}
		if len(rows) == 0 || rows[0].ID != comment {
			return geo.NotFoundField("comment", "the project has no comment %d", comment)
		}
		if c := rows[0]; c.Blocking && c.AccountID != by.Account {
			may, err := e.may(ctx, id, roles(access.Reviewer), false)
			if err != nil {
				return err
			}
			drafters, err := e.drafters(ctx, p)
			if err != nil {
				return err
			}
			if !may || slices.Contains(drafters, by.Account) {
				return geo.Errorf(geo.CodeForbidden, "a comment that stops approval is resolved by %s, who made it, or by a reviewer of the division that leads who drafted nothing of the project", c.AccountName)
			}
		}
		done, err := collectFrom[struct{ ID int64 }](ctx, e.source, "edit_comment_resolve", pgx.NamedArgs{
			"project": id, "id": comment, "account": by.Account, "name": by.Name, "at": e.now, "resolution": how,
		})
		if err == nil && len(done) == 0 {
			err = geo.Errorf(geo.CodeConflict, "the comment %d is resolved already", comment)
		}
		if err != nil {
			return err
		}
		return e.told(ctx, s, resolveAction, id, comment, how)
	})
}

// Leases tells who is at work on a project, and where.
func (s *Store) Leases(ctx context.Context, by access.Actor, id int64) (out []project.Lease, err error) {
	err = s.inSight(ctx, by, id, func(src source, _ project.Project) (err error) {
		out, err = src.leases(ctx, id, s.now())
		return err
	})
	return out, err
}

func (s source) leases(ctx context.Context, id int64, at time.Time) ([]project.Lease, error) {
	type row struct {
		Session     string
		AccountID   int64
		AccountName string
		Bank        geo.Bank
		FromM, ToM  float64
		Until       time.Time
	}
	rows, err := collectFrom[row](ctx, s, "project_leases", pgx.NamedArgs{"project": id, "at": at})
	out := make([]project.Lease, 0, len(rows))
	for _, r := range rows {
		out = append(out, project.Lease{Session: r.Session, Account: r.AccountID, By: r.AccountName, Bank: r.Bank, FromM: r.FromM, ToM: r.ToM, Until: r.Until})
	}
	return out, err
}

// PutLease says that somebody is at work on a range for two minutes from now; it gives all leases, so that he sees who else is.
func (s *Store) PutLease(ctx context.Context, by access.Actor, id int64, l project.Lease) (out []project.Lease, err error) {
	err = s.talk(ctx, by, id, roles(access.Planner), func(ctx context.Context, e *edit, p project.Project) error {
		if l.FromM < p.FromM-slack || l.ToM > p.ToM+slack {
			return geo.FieldErrorf(geo.CodeRefused, "/from_m", "%g to %g reaches beyond the project, which runs from %g to %g", l.FromM, l.ToM, p.FromM, p.ToM)
		}
		if err := e.roomForLease(ctx, s, id, l.Session); err != nil {
			return err
		}
		rows, err := collectFrom[struct{ Until time.Time }](ctx, e.source, "edit_lease", pgx.NamedArgs{
			"project": id, "session": l.Session, "account": by.Account, "name": by.Name, "bank": string(l.Bank), "from_m": l.FromM, "to_m": l.ToM,
			"at": e.now, "until": e.now.Add(leaseFor),
		})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return geo.FieldErrorf(geo.CodeConflict, "session", "that session is another's: take a token of your own")
		}
		out, err = e.leases(ctx, id, e.now)
		return err
	})
	return out, err
}

// roomForLease refuses a further lease of somebody who holds many in a project; one that he holds already he may hold on to.
func (e *edit) roomForLease(ctx context.Context, s *Store, id int64, session string) error {
	if err := s.holdAccount(ctx, e.tx, e.by.Account); err != nil {
		return err
	}
	held := 0
	row := e.tx.QueryRow(ctx, e.queries["edit_leases_mine"], pgx.NamedArgs{"project": id, "session": session, "account": e.by.Account, "at": e.now})
	if err := row.Scan(&held); err != nil {
		return interpret(fmt.Errorf("edit_leases_mine: %w", err))
	}
	if held >= maxLeases {
		return geo.Errorf(geo.CodeConflict, "you are at work in %d places of this project by now: end one, or wait two minutes until it ends by itself", held)
	}
	return nil
}

// DropLease says that somebody's work on a range has ended.
func (s *Store) DropLease(ctx context.Context, by access.Actor, id int64, session string) error {
	return s.talk(ctx, by, id, roles(access.Planner), func(ctx context.Context, e *edit, _ project.Project) error {
		return e.exec(ctx, "edit_lease_drop", pgx.NamedArgs{"project": id, "session": session, "account": by.Account})
	})
}

type opRow struct {
	Session     string
	Seq, Base   int
	AccountID   int64
	AccountName string
	At          time.Time
	Op          string
	Ended       *string
}

func (s source) ops(ctx context.Context, id int64, session string, after, limit int) ([]project.Op, error) {
	rows, err := collectFrom[opRow](ctx, s, "edit_ops_of", pgx.NamedArgs{"project": id, "session": session, "after": after, "limit": limit})
	out := make([]project.Op, 0, len(rows))
	for _, r := range rows {
		out = append(out, project.Op{Session: r.Session, Seq: r.Seq, Base: r.Base, Account: r.AccountID, By: r.AccountName, At: r.At, Op: r.Op, Ended: orEmpty(r.Ended)})
	}
	return out, err
}

// DraftOps gives the operations of a session's draft after one, in their order; of all sessions with "".
func (s *Store) DraftOps(ctx context.Context, by access.Actor, id int64, session string, after, limit int) (out []project.Op, err error) {
	err = s.overheard(ctx, by, id, func(src source) (err error) {
		out, err = src.ops(ctx, id, session, after, limit)
		return err
	})
	return out, err
}

// AppendOps adds operations to a session's draft, and tells how far it is. Those that are there already, by their number, and say
// the same are passed over, so that what was sent and not answered is sent again without harm; a gap, and another operation under a number that was
// given, is geo.CodeConflict. What an account has open in a project is bounded, as is what it adds in a day.
func (s *Store) AppendOps(ctx context.Context, by access.Actor, id int64, session string, ops []project.Op) (d project.OpenDraft, err error) {
	err = s.talk(ctx, by, id, roles(access.Planner), func(ctx context.Context, e *edit, p project.Project) error {
		if err := e.exec(ctx, "edit_ops_lock", pgx.NamedArgs{"project": id, "session": session}); err != nil {
			return err
		}
		last, err := e.lastOp(ctx, id, session)
		if err != nil {
			return err
		}
		fresh, err := e.unknown(ctx, id, session, ops, last, p.Revision)
		if err != nil {
			return err
		}
		d, err = e.append(ctx, id, session, fresh)
		d.Last = last + len(fresh)
		return err
	})
	return d, err
}

// lastOp gives the number of a session's last operation, 0 where there is none; another's session is refused.
func (e *edit) lastOp(ctx context.Context, id int64, session string) (int, error) {
	type row struct {
		Seq       int
		AccountID int64
	}
	rows, err := collectFrom[row](ctx, e.source, "edit_ops_last", pgx.NamedArgs{"project": id, "session": session})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	if rows[0].AccountID != e.by.Account {
		return 0, geo.FieldErrorf(geo.CodeConflict, "/session", "that session is another's: take a token of your own")
	}
	return rows[0].Seq, nil
}

// append writes operations, if there is room for them. The account's draft is held first, so that its operations are in one order and of all its
// sessions together no more than may be.
func (e *edit) append(ctx context.Context, id int64, session string, ops []project.Op) (d project.OpenDraft, err error) {
	seqs, bases, texts, bytes := []int{}, []int{}, []string{}, int64(0)
	for _, o := range ops {
		seqs, bases, texts, bytes = append(seqs, o.Seq), append(bases, o.Base), append(texts, o.Op), bytes+int64(len(o.Op))
	}
	var dayOps int
	var dayBytes int64
	note := e.tx.QueryRow(ctx, e.queries["edit_draft_note"], pgx.NamedArgs{
		"project": id, "account": e.by.Account, "day": date(geo.DateOf(e.now)), "ops": len(ops), "bytes": bytes,
	})
	if err := note.Scan(&d.Ops, &d.Bytes, &dayOps, &dayBytes); err != nil {
		return d, interpret(fmt.Errorf("edit_draft_note: %w", err))
	}
	if len(ops) == 0 {
		return d, nil
	}
	if err := d.Fits(dayOps, dayBytes); err != nil {
		return d, err
	}
	return d, e.exec(ctx, "edit_ops", pgx.NamedArgs{
		"project": id, "session": session, "account": e.by.Account, "name": e.by.Name, "at": e.now, "seqs": seqs, "bases": bases, "ops": texts,
	})
}

// draftEnd is what ended a draft: its number, and of the operations how many, how large, and what stands for what they say.
type draftEnd struct {
	ID     int64
	Ops    int
	Bytes  int64
	Digest string
}

// endDraft ends the draft of the one who edits: by the commit that is under way, whose row of the audit then tells its digest, or by a discard.
func (e *edit) endDraft(ctx context.Context, id int64, revision int, discard bool) (draftEnd, error) {
	rows, err := collectFrom[draftEnd](ctx, e.source, "edit_draft_end", pgx.NamedArgs{"project": id, "account": e.by.Account, "revision": revision, "at": e.now, "discard": discard})
	if err != nil {
		return draftEnd{}, err
	}
	return rows[0], nil
}

// discardAction is what the chain of accesses calls a discard; its detail tells the digest, which [Store.VerifyAudit] holds the operations against.
const discardAction = "project_ops_discard"

// DiscardOps ends the draft of an account in a project without a commit. Its operations stay to be read, and no more count as open.
func (s *Store) DiscardOps(ctx context.Context, by access.Actor, id int64) (d project.Discarded, err error) {
	err = s.talk(ctx, by, id, roles(access.Planner), func(ctx context.Context, e *edit, p project.Project) error {
		end, err := e.endDraft(ctx, id, p.Revision, true)
		if err != nil || end.Ops == 0 {
			return err
		}
		d = project.Discarded{Ops: end.Ops, Bytes: end.Bytes, SHA256: end.Digest}
		return s.audit(ctx, e.tx, access.Event{
			Actor: by, Action: discardAction, Object: fmt.Sprintf("project %d, end %d", id, end.ID), Result: access.Done, Detail: "sha256 " + end.Digest,
		})
	})
	return d, err
}

// unknown gives those of operations that are not there yet; ops follow each other.
func (e *edit) unknown(ctx context.Context, id int64, session string, ops []project.Op, last, revision int) ([]project.Op, error) {
	first := ops[0].Seq
	if first > last+1 {
		return nil, geo.FieldErrorf(geo.CodeConflict, "/ops/0/seq", "the draft is at operation %d: %d leaves a gap; send from %d on", last, first, last+1)
	}
	known, err := e.ops(ctx, id, session, first-1, len(ops))
	if err != nil {
		return nil, err
	}
	for i, k := range known {
		if ops[i].Op != k.Op || ops[i].Base != k.Base {
			return nil, geo.FieldErrorf(geo.CodeConflict, fmt.Sprintf("/ops/%d", i), "operation %d was sent before and said something else", k.Seq)
		}
	}
	fresh := ops[len(known):]
	for i, o := range fresh {
		if o.Base < 1 || o.Base > revision {
			return nil, geo.FieldErrorf(geo.CodeRefused, fmt.Sprintf("/ops/%d/base_revision", len(known)+i), "the project has revisions 1 to %d, and %d is none of them", revision, o.Base)
		}
	}
	return fresh, nil
}
