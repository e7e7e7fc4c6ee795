package pg

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
)

const (
	// stageRows is how many rows one staging transaction holds: no longer than a second, so that the feed's readers never wait.
	stageRows = 5000
	// fewRows is up to how many rows a batch is staged by the transaction that merges it.
	fewRows = 100
)

// Batch is a set of rows on its way into the store; Merge brings all of them in, or none, in one transaction. A few, such as an
// edit, are staged by the same one; of many Add stages what fills a step, in short transactions. A batch that is never merged
// leaves nothing but rows in staging, which Drop or the next start removes.
type Batch struct {
	store   *Store
	actor   string
	by      access.Actor
	what    string
	before  []func(ctx context.Context, tx pgx.Tx) error
	id      int64 // 0: nothing is staged
	pending map[string][]Row
	plans   map[string]*plan
	ids     map[string]map[Key]ref
	n       int64
}

// ref is what is known of a natural key within a batch.
type ref struct {
	id     int64
	stored bool // in the store already
	staged bool // in this batch
}

// Merged counts what a merge did with one entity's rows.
type Merged struct {
	Entity    string `db:"kind"`
	Added     int64  `db:"added"`
	Changed   int64  `db:"changed"`
	Unchanged int64  `db:"unchanged"`
	Ended     int64  `db:"ended"`
}

// NewBatch begins a batch. actor is who writes, what is the sentence for the audit.
func (s *Store) NewBatch(_ context.Context, actor, what string) (*Batch, error) {
	if actor == "" {
		return nil, geo.Errorf(geo.CodeInvalid, "nobody is named as the writer of %q", what)
	}
	return &Batch{store: s, actor: actor, what: what, pending: map[string][]Row{}, plans: map[string]*plan{}, ids: map[string]map[Key]ref{}}, nil
}

// By names the one who writes, for the audit: the account, the key it used, and the address and the request it came with.
func (b *Batch) By(actor access.Actor) *Batch {
	b.actor, b.by = actor.String(), actor
	return b
}

// Before has f run in the transaction that merges: after the writers' lock is taken, so that what it reads stays as it is until the
// batch is in, and before anything is merged. There a version is held against what is stored, the grants are looked at ([May],
// [OutsideGrants]), and tables that have no versions are written. Its error ends the merge, and nothing is kept. Whatever else is
// running waits for it: it is stopped after 15 s. A preview runs it too.
func (b *Batch) Before(f func(ctx context.Context, tx pgx.Tx) error) *Batch {
	b.before = append(b.before, f)
	return b
}

// hookPatience bounds what is done under the writers' lock before a merge.
const hookPatience = "15s"

// runBefore takes the writers' lock and runs what is to be run under it.
func (b *Batch) runBefore(ctx context.Context, tx pgx.Tx) error {
	if len(b.before) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, b.store.queries["access_lock_writers"]); err != nil {
		return interpret(fmt.Errorf("take the writers' lock: %w", err))
	}
	if err := b.store.tellClock(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = '"+hookPatience+"'"); err != nil {
		return interpret(fmt.Errorf("merge: %w", err))
	}
	for _, f := range b.before {
		if err := f(ctx, tx); err != nil {
			return interpret(err)
		}
	}
	if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout TO DEFAULT"); err != nil {
		return interpret(fmt.Errorf("merge: %w", err))
	}
	return nil
}

// Add puts rows into the batch; they are written to staging in steps of 5,000.
func (b *Batch) Add(ctx context.Context, rows ...Row) error {
	for _, row := range rows {
		e := row.Entity()
		b.pending[e] = append(b.pending[e], row)
		if len(b.pending[e]) >= stageRows {
			if err := b.flush(ctx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// Merge stages what is left and brings the whole batch into the store in one transaction.
func (b *Batch) Merge(ctx context.Context) ([]Merged, error) { return b.merge(ctx, false) }

// Preview tells what Merge would do, and does it not.
func (b *Batch) Preview(ctx context.Context) ([]Merged, error) { return b.merge(ctx, true) }

func (b *Batch) merge(ctx context.Context, preview bool) ([]Merged, error) {
	statements := &pgx.Batch{}
	n := 0
	for _, rows := range b.pending {
		n += len(rows)
	}
	few := b.id == 0 && n <= fewRows
	if few {
		if err := b.stageFew(ctx, statements); err != nil {
			return nil, err
		}
	} else {
		for _, e := range slices.Sorted(maps.Keys(b.pending)) {
			if err := b.flush(ctx, e); err != nil {
				return nil, err
			}
		}
		if err := b.dangling(); err != nil {
			return nil, err
		}
		statements.Queue(b.store.queries["batch_merge"], pgx.NamedArgs{"batch": b.id, "now": b.store.now(), "rows": b.n, "kinds": slices.Sorted(maps.Keys(b.plans))})
	}
	var merged []Merged
	statements.QueuedQueries[statements.Len()-1].Query(func(rows pgx.Rows) (err error) {
		merged, err = pgx.CollectRows(rows, pgx.RowToStructByName[Merged])
		return err
	})
	if few && !preview && len(b.before) == 0 {
		// In one message, which is one transaction: the writers' lock is not held while this process waits for its turn.
		if err := b.store.write.SendBatch(ctx, statements).Close(); err != nil {
			return nil, interpret(fmt.Errorf("merge: %w", err))
		}
		clear(b.pending)
		return merged, nil
	}
	tx, err := b.store.write.Begin(ctx)
	if err != nil {
		return nil, interpret(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := b.runBefore(ctx, tx); err != nil {
		return nil, err
	}
	if !few {
		// A million reaches take ten minutes. Whoever waits may give up, the database may not.
		if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
			return nil, interpret(fmt.Errorf("merge: %w", err))
		}
	}
	if err := tx.SendBatch(ctx, statements).Close(); err != nil {
		return nil, interpret(fmt.Errorf("merge: %w", err))
	}
	if preview {
		return merged, nil
	}
	faultPoint("merge-before-commit")
	if err := tx.Commit(ctx); err != nil {
		return nil, interpret(fmt.Errorf("merge: %w", err))
	}
	if few {
		clear(b.pending)
	}
	return merged, nil
}

// stageFew queues what stages and merges all pending rows in one transaction.
func (b *Batch) stageFew(ctx context.Context, statements *pgx.Batch) error {
	entities := slices.Sorted(maps.Keys(b.pending))
	want := map[string][]string{}
	for _, e := range entities {
		b.wanted(b.plan(b.pending[e]), b.pending[e], want)
	}
	if err := b.resolve(ctx, want); err != nil {
		return err
	}
	if err := b.dangling(); err != nil {
		return err
	}
	statements.Queue(b.store.queries["batch_open"], b.opening())
	b.n = 0
	for _, e := range entities {
		p := b.plans[e]
		for _, row := range b.pending[e] {
			statements.Queue(p.insert, b.values(p, row)[1:]...)
		}
	}
	statements.Queue(b.store.queries["batch_merge_opened"], pgx.NamedArgs{"now": b.store.now(), "rows": b.n, "kinds": entities})
	return nil
}

// opening says who opens the batch, and for what.
func (b *Batch) opening() pgx.NamedArgs {
	return with(actorArgs(b.by), "at", b.store.now(), "actor", b.actor, "what", b.what)
}

// Drop forgets the batch's staged rows.
func (b *Batch) Drop(ctx context.Context) error {
	if b.id == 0 {
		return nil
	}
	_, err := b.store.write.Exec(ctx, b.store.queries["batch_drop"], pgx.NamedArgs{"batch": b.id})
	return interpret(err)
}

// Sweep forgets batches that were opened before a time: what processes that died left in staging.
func (s *Store) Sweep(ctx context.Context, before time.Time) error {
	_, err := s.write.Exec(ctx, s.queries["batch_sweep"], pgx.NamedArgs{"before": before})
	return interpret(err)
}

// dangling refuses references to what is neither stored nor in the batch, naming each kind's first.
func (b *Batch) dangling() error {
	for entity, keys := range b.ids {
		for key, r := range keys {
			if !r.stored && !r.staged {
				return geo.Errorf(geo.CodeConflict, "a row refers to the %s %q, which is neither stored nor part of this import", entity, string(key))
			}
		}
	}
	return nil
}

// flush stages the pending rows of an entity.
func (b *Batch) flush(ctx context.Context, entity string) error {
	rows := b.pending[entity]
	if len(rows) == 0 {
		return nil
	}
	if b.id == 0 {
		row := b.store.write.QueryRow(ctx, b.store.queries["batch_insert"], b.opening())
		if err := row.Scan(&b.id); err != nil {
			return interpret(fmt.Errorf("open a batch: %w", err))
		}
	}
	p := b.plan(rows)
	want := map[string][]string{}
	b.wanted(p, rows, want)
	if err := b.resolve(ctx, want); err != nil {
		return err
	}
	at := 0
	source := pgx.CopyFromFunc(func() ([]any, error) {
		if at == len(rows) {
			return nil, nil // the end of the rows
		}
		values := b.values(p, rows[at])
		at++
		return values, nil
	})
	if _, err := b.store.write.CopyFrom(ctx, pgx.Identifier{"staging", entity}, p.columns, source); err != nil {
		return interpret(fmt.Errorf("stage %s rows: %w", entity, err))
	}
	b.pending[entity] = rows[:0]
	faultPoint("staged")
	return nil
}

// wanted adds the keys in rows that the batch does not know yet, by entity.
func (b *Batch) wanted(p *plan, rows []Row, want map[string][]string) {
	see := func(entity string, key Key, staged bool) {
		if key == "" {
			return
		}
		known := b.ids[entity]
		if known == nil {
			known = map[Key]ref{}
			b.ids[entity] = known
		}
		r, ok := known[key]
		if !ok {
			want[entity] = append(want[entity], string(key))
		}
		r.staged = r.staged || staged
		known[key] = r
	}
	for _, row := range rows {
		see(row.Entity(), row.record().Key, true)
		v := reflect.ValueOf(row)
		for _, f := range p.fields {
			switch key := v.Field(f.index).Interface().(type) {
			case Key:
				see(f.refers, key, false)
			case []Key:
				for _, k := range key {
					see(f.refers, k, false)
				}
			}
		}
	}
}

// resolve asks for the ids of keys: one question for each entity, all in one round trip.
func (b *Batch) resolve(ctx context.Context, want map[string][]string) error {
	if len(want) == 0 {
		return nil
	}
	statements := &pgx.Batch{}
	for _, entity := range slices.Sorted(maps.Keys(want)) {
		var key string
		var id int64
		var stored bool
		statements.Queue(b.store.queries["batch_resolve"], pgx.NamedArgs{"kind": entity, "keys": want[entity]}).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&key, &id, &stored}, func() error {
				r := b.ids[entity][Key(key)]
				r.id, r.stored = id, stored
				b.ids[entity][Key(key)] = r
				return nil
			})
			return err
		})
	}
	if err := b.store.write.SendBatch(ctx, statements).Close(); err != nil {
		return interpret(fmt.Errorf("resolve keys: %w", err))
	}
	return nil
}

// plan is how a Go struct maps to its staging table.
type plan struct {
	columns []string
	fields  []field
	insert  string // stages a row of the batch that the session opened
}

type field struct {
	index  int
	refers string // the entity a Key or []Key names
}

// plan gives the plan of rows of one entity.
func (b *Batch) plan(rows []Row) *plan {
	entity := rows[0].Entity()
	if b.plans[entity] == nil {
		b.plans[entity] = newPlan(entity, reflect.TypeOf(rows[0]))
	}
	return b.plans[entity]
}

func newPlan(entity string, t reflect.Type) *plan {
	p := &plan{columns: []string{"batch", "n", "key", "id", "gone", "valid", "source"}}
	for i := range t.NumField() {
		column := t.Field(i).Tag.Get("db")
		if column == "" {
			continue
		}
		p.columns = append(p.columns, column)
		p.fields = append(p.fields, field{index: i, refers: refers(column)})
	}
	// The names are those of our own structs, as COPY takes them too.
	var names, values strings.Builder
	for i, column := range p.columns {
		if i > 0 {
			fmt.Fprintf(&names, ", %s", pgx.Identifier{column}.Sanitize())
			fmt.Fprintf(&values, ", $%d", i)
		}
	}
	p.insert = "INSERT INTO " + pgx.Identifier{"staging", entity}.Sanitize() + " (batch" + names.String() + ") VALUES (currval('staging.batch_id_seq')" + values.String() + ")"
	return p
}

// refers tells which entity a column of ids points at; the migration has the same exceptions.
func refers(column string) string {
	switch column {
	case "parent_id", "assess_division_id", "partner_division_ids":
		return "division"
	case "flows_into_id":
		return "river"
	case "from_node_id", "to_node_id":
		return "node"
	case "appoint_doc_id":
		return "legal_doc"
	case "reach_ids":
		return "reach"
	default:
		return strings.TrimSuffix(column, "_id")
	}
}

func (b *Batch) values(p *plan, row Row) []any {
	rec := row.record()
	b.n++
	out := make([]any, 0, len(p.columns))
	out = append(out, b.id, b.n, string(rec.Key), b.ids[row.Entity()][rec.Key].id, rec.Gone, dateRange(rec.Valid), rec.Source)
	v := reflect.ValueOf(row)
	for _, f := range p.fields {
		out = append(out, b.value(f, v.Field(f.index)))
	}
	return out
}

// value gives a field as COPY takes it: keys as ids, and what is empty as NULL.
func (b *Batch) value(f field, v reflect.Value) any {
	switch x := v.Interface().(type) {
	case Key:
		if x == "" {
			return nil
		}
		return b.ids[f.refers][x].id
	case []Key:
		ids := make([]int64, len(x))
		for i, k := range x {
			ids[i] = b.ids[f.refers][k].id
		}
		return ids
	case geo.Date:
		return date(x)
	case time.Time:
		return x
	case []string:
		if x == nil {
			return []string{}
		}
		return x
	case []int16:
		if x == nil {
			return []int16{}
		}
		return x
	case geom.T:
		if v.IsNil() {
			return nil
		}
		return withSRID(x)
	}
	switch v.Kind() {
	case reflect.String:
		if v.String() == "" {
			return nil
		}
		return v.String()
	case reflect.Pointer, reflect.Map:
		if v.IsNil() {
			return nil
		}
		return v.Interface()
	case reflect.Int:
		return v.Int()
	default:
		return v.Interface()
	}
}

func withSRID(g geom.T) geom.T {
	switch g := g.(type) {
	case *geom.Point:
		return g.SetSRID(int(geo.CGCS2000))
	case *geom.LineString:
		return g.SetSRID(int(geo.CGCS2000))
	case *geom.MultiPolygon:
		return g.SetSRID(int(geo.CGCS2000))
	}
	return g
}

func date(d geo.Date) pgtype.Date { return pgtype.Date{Time: d.Time(), Valid: !d.IsZero()} }

func dateRange(p geo.Period) pgtype.Range[pgtype.Date] {
	r := pgtype.Range[pgtype.Date]{LowerType: pgtype.Unbounded, UpperType: pgtype.Unbounded, Valid: true}
	if !p.From.IsZero() {
		r.Lower, r.LowerType = date(p.From), pgtype.Inclusive
	}
	if !p.To.IsZero() {
		r.Upper, r.UpperType = date(p.To), pgtype.Exclusive
	}
	return r
}
