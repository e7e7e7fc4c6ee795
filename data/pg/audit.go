package pg

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
	"hetu/geo/access"
)

// AuditPage gives rows of a chain of the audit, access or write, that an actor may read, the newest first; those before one, or with 0 from the
// newest.
func (s *Store) AuditPage(ctx context.Context, by access.Actor, chain string, before int64, limit int) ([]access.Record, error) {
	query, ok := map[string]string{"access": "access_audit_page", "write": "access_write_page"}[chain]
	if !ok {
		return nil, geo.InvalidField("chain", "%.40q is neither access nor write", chain)
	}
	return collectFrom[access.Record](ctx, s.people(), query, pgx.NamedArgs{"account": by.Account, "key": empty(by.Key), "before": before, "limit": limit})
}

// Kept gives an account that an actor keeps; geo.CodeNotFound when he keeps none such.
func (s *Store) Kept(ctx context.Context, by access.Actor, id int64) (a access.Account, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.keeps(ctx, tx, by, id); err != nil {
			return err
		}
		a, err = s.account(ctx, source{tx, s.queries}, pgx.NamedArgs{"id": id, "name": nil, "issuer": nil, "subject": nil})
		return err
	})
	return a, err
}

// Verdict is what is found of the audit.
type Verdict struct {
	Chains   []ChainHead
	Versions int // how many writes' versions were held against their digests
	Bulk     int // how many writes brought in too many to have one
	Drafts   int // how many ends of drafts, by a commit or a discard, had their operations held against their digests
	Comments int // how many comments were held, with their resolution, against what was told of them
	Fault    *AuditFault
}

// ChainHead is the end of a chain: noted elsewhere, it is what tells later that the newest rows were taken away.
type ChainHead struct {
	Chain string
	Rows  int64
	ID    int64
	Hash  string
}

// AuditFault is the first row that is not what was written.
type AuditFault struct {
	Chain string
	ID    int64 // 0: of no row of the chain
	At    time.Time
	What  string
}

// draftOps is what the digests of a write call the operations of drafts that its commit ended.
const draftOps = "draft_op"

// auditDigests is what a write is said to have written.
type auditDigests struct {
	id      int64
	digests map[string]string // by entity; nil: older than the chain
}

// VerifyAudit goes through both chains, and holds the versions that each write made against its digest. All is read from one snapshot.
func (s *Store) VerifyAudit(ctx context.Context) (Verdict, error) {
	tx, err := s.write.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return Verdict{}, interpret(fmt.Errorf("begin to verify: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
		return Verdict{}, interpret(err)
	}
	return s.verify(ctx, tx)
}

func (s *Store) verify(ctx context.Context, tx pgx.Tx) (v Verdict, err error) {
	said := audited{writes: map[int64]auditDigests{}, discards: map[int64]discarded{}, comments: map[commentStep]toldOf{}}
	for _, chain := range []string{"write", "access"} {
		head, fault, err := s.verifyChain(ctx, tx, chain, said)
		if err != nil || fault != nil {
			v.Fault = fault
			return v, err
		}
		v.Chains = append(v.Chains, head)
	}
	if v.Fault, err = s.verifyVersions(ctx, tx, said.writes, &v); err != nil || v.Fault != nil {
		return v, err
	}
	if v.Fault, err = s.verifyDiscards(ctx, tx, said.discards, &v); err != nil || v.Fault != nil {
		return v, err
	}
	if v.Fault, err = s.verifyEnds(ctx, tx); err != nil || v.Fault != nil {
		return v, err
	}
	v.Fault, err = s.verifyComments(ctx, tx, said.comments, &v)
	return v, err
}

// verifyEnds holds that the ends of each draft follow each other without a gap, and that each commit made its revision: an operation between two ends, or
// before one that is of no revision, has no digest in a chain.
func (s *Store) verifyEnds(ctx context.Context, tx pgx.Tx) (*AuditFault, error) {
	type row struct {
		At   time.Time
		What string
	}
	found, err := collectFrom[row](ctx, source{tx, s.queries}, "access_draft_ends", pgx.NamedArgs{})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &AuditFault{Chain: "write", At: found[0].At, What: found[0].What}, nil
}

// audited is what the chains say of what stands elsewhere: of writes, by their time in microseconds, of discards, by their number, and of comments.
type audited struct {
	writes   map[int64]auditDigests
	discards map[int64]discarded
	comments map[commentStep]toldOf
}

// accessSaid is what a row of the chain of accesses says.
type accessSaid struct {
	Account                        int64
	Action, Object, Result, Detail string
}

// note notes what a row of the chain of accesses says that was done.
func (a audited) note(id int64, at time.Time, said []byte) error {
	var row accessSaid
	if err := json.Unmarshal(said, &row); err != nil || row.Result != string(access.Done) {
		return err
	}
	if row.Action == discardAction {
		return a.noteDiscard(id, at, row)
	}
	a.noteComment(id, at, row)
	return nil
}

// discarded is what a row of the chain of accesses says of a discard.
type discarded struct {
	row    int64
	at     time.Time
	digest string
}

// noteDiscard notes the row of a discard.
func (a audited) noteDiscard(id int64, at time.Time, row accessSaid) error {
	_, number, _ := strings.Cut(row.Object, ", end ")
	end, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return fmt.Errorf("%q names no end of a draft", row.Object)
	}
	a.discards[end] = discarded{id, at, strings.TrimPrefix(row.Detail, "sha256 ")}
	return nil
}

// verifyDiscards holds the operations of discarded drafts against what the chain of accesses says of them.
func (s *Store) verifyDiscards(ctx context.Context, tx pgx.Tx, said map[int64]discarded, v *Verdict) (*AuditFault, error) {
	type row struct {
		ID     int64
		At     time.Time
		Digest string
	}
	found, err := collectFrom[row](ctx, source{tx, s.queries}, "access_discards", pgx.NamedArgs{})
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		d, ok := said[f.ID]
		if !ok {
			return &AuditFault{Chain: "access", At: f.At, What: fmt.Sprintf("the discard %d of operations of a draft belongs to no row", f.ID)}, nil
		}
		if d.digest != f.Digest {
			return &AuditFault{Chain: "access", ID: d.row, At: d.at, What: fmt.Sprintf("the operations of the draft that the discard %d ended are not those that it ended", f.ID)}, nil
		}
		v.Drafts++
		delete(said, f.ID)
	}
	for end, d := range said {
		return &AuditFault{Chain: "access", ID: d.row, At: d.at, What: fmt.Sprintf("the discard %d of operations of a draft is gone", end)}, nil
	}
	return nil, nil //nolint:nilnil // no fault
}

// verifyChain holds each row of a chain against the one before, against its own hash, and what it says now against what was hashed. It notes what the
// rows say of what stands elsewhere.
func (s *Store) verifyChain(ctx context.Context, tx pgx.Tx, chain string, notes audited) (head ChainHead, fault *AuditFault, err error) {
	head = ChainHead{Chain: chain}
	last := sha256.Sum256([]byte("hetu audit: " + chain))
	rows, err := tx.Query(ctx, s.queries["access_chain_"+chain])
	if err != nil {
		return head, nil, interpret(fmt.Errorf("read the chain: %w", err))
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var at time.Time
		var body, prev, hash, said []byte
		if err := rows.Scan(&id, &at, &body, &prev, &hash, &said); err != nil {
			return head, nil, interpret(fmt.Errorf("read the chain: %w", err))
		}
		bad := func(format string, args ...any) (ChainHead, *AuditFault, error) {
			return head, &AuditFault{Chain: chain, ID: id, At: at, What: fmt.Sprintf(format, args...)}, nil
		}
		if !bytes.Equal(prev, last[:]) {
			return bad("it does not follow the row before it: a row was taken out, put in or moved")
		}
		last = sha256.Sum256(append(slices.Clone(prev), body...))
		if !bytes.Equal(hash, last[:]) {
			return bad("what was hashed was changed")
		}
		digests, differs, err := sameRow(body, said)
		if err != nil {
			return bad("what was hashed cannot be read: %v", err)
		}
		if differs != "" {
			return bad("its %s is not what was hashed", differs)
		}
		if chain == "write" {
			notes.writes[at.UnixMicro()] = auditDigests{id, digests}
		} else if err := notes.note(id, at, said); err != nil {
			return bad("what it says cannot be read: %v", err)
		}
		head.Rows, head.ID, head.Hash = head.Rows+1, id, hex.EncodeToString(hash)
	}
	return head, nil, interpret(rows.Err())
}

// sameRow holds what a row says against what was hashed, member by member: a member that later rows have is not missed in this one.
func sameRow(body, said []byte) (digests map[string]string, differs string, err error) {
	var hashed, now map[string]json.RawMessage
	if err := json.Unmarshal(body, &hashed); err != nil {
		return nil, "", err
	}
	if err := json.Unmarshal(said, &now); err != nil {
		return nil, "", err
	}
	for _, name := range slices.Sorted(maps.Keys(hashed)) {
		if !bytes.Equal(hashed[name], now[name]) {
			return nil, name, nil
		}
	}
	if text, ok := hashed["digests"]; ok {
		err = json.Unmarshal(text, &digests)
	}
	return digests, "", err
}

// verifyVersions holds the versions of every entity against the digests of the writes.
func (s *Store) verifyVersions(ctx context.Context, tx pgx.Tx, writes map[int64]auditDigests, v *Verdict) (*AuditFault, error) {
	rows, err := tx.Query(ctx, s.queries["access_entities"])
	if err != nil {
		return nil, interpret(err)
	}
	entities, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, interpret(err)
	}
	var first *AuditFault
	for _, entity := range append(entities, draftOps) {
		fault, err := s.verifyEntity(ctx, tx, entity, writes, v)
		if err != nil {
			return nil, err
		}
		if fault != nil && (first == nil || fault.At.Before(first.At)) {
			first = fault
		}
	}
	return first, nil
}

// verifyEntity holds the versions of one entity against the digests of the writes, and gives the first fault.
func (s *Store) verifyEntity(ctx context.Context, tx pgx.Tx, entity string, writes map[int64]auditDigests, v *Verdict) (first *AuditFault, err error) {
	type row struct {
		At     time.Time
		Digest string
	}
	query, held := "access_digests", &v.Versions
	if entity == draftOps {
		query, held = "access_digests_ops", &v.Drafts
	}
	found, err := collectFrom[row](ctx, source{tx, s.queries}, query, pgx.NamedArgs{"kind": entity})
	if err != nil {
		return nil, err
	}
	there := map[int64]bool{}
	note := func(at time.Time, id int64, format string, args ...any) {
		if first == nil || at.Before(first.At) {
			first = &AuditFault{Chain: "write", ID: id, At: at, What: fmt.Sprintf(format, args...)}
		}
	}
	for _, f := range found {
		at := f.At.UnixMicro()
		there[at] = true
		write, ok := writes[at]
		want := write.digests[entity]
		switch {
		case !ok:
			note(f.At, 0, "versions of %s belong to no write: %s", entity, s.versionsAt(ctx, tx, entity, f.At))
		case write.digests == nil: // older than the chain
		case want == "bulk":
			v.Bulk++
		case want != f.Digest:
			note(f.At, write.id, "the versions of %s are not those that it wrote: look at %s", entity, s.versionsAt(ctx, tx, entity, f.At))
		default:
			*held++
		}
	}
	for at, write := range writes {
		if _, wrote := write.digests[entity]; wrote && !there[at] {
			note(time.UnixMicro(at), write.id, "the versions of %s that it wrote are gone", entity)
		}
	}
	return first, nil
}

// versionsAt names some versions of a write, for a person.
func (s *Store) versionsAt(ctx context.Context, tx pgx.Tx, entity string, at time.Time) string {
	if entity == draftOps {
		return "the operations of the draft that its commit ended"
	}
	type row struct {
		ID      int64
		Version int32
	}
	found, err := collectFrom[row](ctx, source{tx, s.queries}, "access_versions_at", pgx.NamedArgs{"kind": entity, "at": at})
	if err != nil {
		return "(" + err.Error() + ")"
	}
	var names []string
	for _, f := range found {
		names = append(names, fmt.Sprintf("%s %d version %d", entity, f.ID, f.Version))
	}
	return strings.Join(names, ", ")
}

// AuditHolds tells whether a row that was noted, by chain, number and hash, is still there.
func (s *Store) AuditHolds(ctx context.Context, chain, id, hash string) (holds bool, err error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if _, bad := hex.DecodeString(hash); err != nil || bad != nil {
		return false, geo.Errorf(geo.CodeInvalid, "%s:%s is no number and hash of a row", id, hash)
	}
	row := s.access.QueryRow(ctx, s.queries["access_audit_holds"], pgx.NamedArgs{"chain": chain, "id": n, "hash": hash})
	return holds, interpret(row.Scan(&holds))
}
