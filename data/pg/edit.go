package pg

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/geo/access"
	"hetu/geo/project"
)

// edit is a write that has to look before it writes: what it reads it reads with the writers' lock in its hands, so that nothing of it
// can change before its rows are merged. Rows, and what is written to plain tables, go in as one transaction.
type edit struct {
	source
	tx   pgx.Tx
	b    *Batch
	by   access.Actor
	now  time.Time
	rows []Row
	then func(context.Context) error // what is written after the rows, since it refers to them
}

// put adds rows to what is written.
func (e *edit) put(rows ...Row) { e.rows = append(e.rows, rows...) }

// id gives the key by which a row refers to what has an id. 0 is nothing.
func (e *edit) id(entity string, id int64) Key {
	if id == 0 {
		return ""
	}
	key := Key("\x00id " + strconv.FormatInt(id, 10)) // no natural key begins so
	e.know(entity, key, id)
	return key
}

// know tells the id of a natural key that was read, so that it is not asked for again.
func (e *edit) know(entity string, key Key, id int64) {
	if e.b.ids[entity] == nil {
		e.b.ids[entity] = map[Key]ref{}
	}
	e.b.ids[entity][key] = ref{id: id, stored: true}
}

// edit runs decide in a transaction that holds the writers' lock, and merges the rows that it puts. done is what decide makes of it; with
// an idempotency key that was used before it is what was made then, and replayed is true.
func (s *Store) edit(ctx context.Context, by access.Actor, what string, once project.Once, done any, decide func(context.Context, *edit) error) (replayed bool, err error) {
	b, err := s.NewBatch(ctx, by.String(), what)
	if err != nil {
		return false, err
	}
	b.By(by)
	tx, err := s.write.Begin(ctx)
	if err != nil {
		return false, interpret(fmt.Errorf("begin an edit: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	now := s.now()
	var batch int64
	if err := tx.QueryRow(ctx, s.queries["batch_open"], with(actorArgs(by), "at", now, "actor", b.actor, "what", b.what)).Scan(&batch); err != nil {
		return false, interpret(fmt.Errorf("open a batch: %w", err))
	}
	if err := s.tellClock(ctx, tx); err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = '15s'"); err != nil { // everyone who writes waits; the wait itself is not counted
		return false, interpret(fmt.Errorf("bound an edit: %w", err))
	}
	e := &edit{source: source{tx, s.queries}, tx: tx, b: b, by: by, now: now}
	keys := onceKeeper{e.source, tx, by.Account, now}
	if replayed, err = keys.before(ctx, once, done); replayed || err != nil {
		return replayed, err
	}
	if err := decide(ctx, e); err != nil {
		return false, err
	}
	if err := e.merge(ctx); err != nil {
		return false, err
	}
	if e.then != nil {
		if err := e.then(ctx); err != nil {
			return false, err
		}
	}
	if err := keys.keep(ctx, once, done); err != nil {
		return false, err
	}
	faultPoint("edit-before-commit")
	if err := tx.Commit(ctx); err != nil {
		return false, interpret(fmt.Errorf("edit: %w", err))
	}
	faultPoint("edit-committed")
	return false, nil
}

// exec runs a statement of sql/ that gives no rows.
func (e *edit) exec(ctx context.Context, query string, a pgx.NamedArgs) error {
	_, err := e.tx.Exec(ctx, e.queries[query], a)
	if err != nil {
		return interpret(fmt.Errorf("%s: %w", query, err))
	}
	return nil
}

// merge stages the rows in this transaction and merges them.
func (e *edit) merge(ctx context.Context) error {
	if len(e.rows) == 0 {
		return fmt.Errorf("%q writes nothing", e.b.what)
	}
	byEntity := map[string][]Row{}
	want := map[string][]string{}
	for _, row := range e.rows {
		byEntity[row.Entity()] = append(byEntity[row.Entity()], row)
	}
	entities := slices.Sorted(maps.Keys(byEntity))
	for _, entity := range entities {
		e.b.wanted(e.b.plan(byEntity[entity]), byEntity[entity], want)
	}
	if err := e.resolve(ctx, want); err != nil {
		return err
	}
	if err := e.b.dangling(); err != nil {
		return err
	}
	statements := &pgx.Batch{}
	for _, entity := range entities {
		p := e.b.plans[entity]
		for _, row := range byEntity[entity] {
			statements.Queue(p.insert, e.b.values(p, row)[1:]...)
		}
	}
	statements.Queue(e.queries["batch_merge_opened"], pgx.NamedArgs{"now": e.now, "rows": e.b.n, "kinds": entities})
	return interpret(e.tx.SendBatch(ctx, statements).Close())
}

// resolve gives the keys of new rows their ids, within this transaction.
func (e *edit) resolve(ctx context.Context, want map[string][]string) error {
	type row struct {
		Key    string
		ID     int64
		Stored bool
	}
	for _, entity := range slices.Sorted(maps.Keys(want)) {
		rows, err := collectFrom[row](ctx, e.source, "batch_resolve", pgx.NamedArgs{"kind": entity, "keys": want[entity]})
		if err != nil {
			return err
		}
		for _, r := range rows {
			known := e.b.ids[entity][Key(r.Key)]
			known.id, known.stored = r.ID, r.Stored
			e.b.ids[entity][Key(r.Key)] = known
		}
	}
	return nil
}
