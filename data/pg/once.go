package pg

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// What was asked for with an Idempotency-Key is done once. Each write looks the key up, and keeps what it answers, in its own transaction: what is done is
// remembered, and what is not done is not.

// onceFor is how long an idempotency key is remembered.
const onceFor = 24 * time.Hour

// onceTx is where a context carries the transaction of [Store.Once]: the small writes, of accounts, comments and files, go in with it.
type onceTx struct{}

// Once does a write that takes no writers' lock, or has what it answered when it was asked for before: then done is that, and replayed is true. done has to
// be what write makes of it when write returns, and is kept for a day: nothing secret goes into it. What write does by this store goes in as one.
func (s *Store) Once(ctx context.Context, by access.Actor, once project.Once, done any, write func(context.Context) error) (replayed bool, err error) {
	if once.Key == "" {
		return false, write(ctx)
	}
	err = s.inTx(ctx, func(tx pgx.Tx) (err error) {
		k := onceKeeper{source{tx, s.queries}, tx, by.Account, s.now()}
		if replayed, err = k.before(ctx, once, done); replayed || err != nil {
			return err
		}
		if err = write(context.WithValue(ctx, onceTx{}, tx)); err != nil {
			return err
		}
		return k.keep(ctx, once, done)
	})
	return replayed && err == nil, err
}

// Answered gives what was answered to a write with an idempotency key, before the work for it is begun; [Store.Once] asks again.
func (s *Store) Answered(ctx context.Context, by access.Actor, once project.Once, done any) (replayed bool, err error) {
	if once.Key == "" {
		return false, nil
	}
	return onceKeeper{source: s.people(), account: by.Account, now: s.now()}.answered(ctx, once, done)
}

// onceKeeper looks keys up and keeps answers, in a transaction.
type onceKeeper struct {
	source
	tx      pgx.Tx
	account int64
	now     time.Time
}

// before reads what was answered to the same write before. Who asks with the same key at the same time waits until this transaction ends.
func (k onceKeeper) before(ctx context.Context, once project.Once, done any) (bool, error) {
	if once.Key == "" {
		return false, nil
	}
	if _, err := k.tx.Exec(ctx, k.queries["edit_once_lock"], pgx.NamedArgs{"account": k.account, "key": once.Key}); err != nil {
		return false, interpret(fmt.Errorf("edit_once_lock: %w", err))
	}
	return k.answered(ctx, once, done)
}

func (k onceKeeper) answered(ctx context.Context, once project.Once, done any) (bool, error) {
	type row struct{ RequestSHA256, Answer string }
	rows, err := collectFrom[row](ctx, k.source, "edit_once", pgx.NamedArgs{"account": k.account, "key": once.Key, "since": k.now.Add(-onceFor)})
	if err != nil || len(rows) == 0 {
		return false, err
	}
	if rows[0].RequestSHA256 != once.SHA256 {
		return false, geo.FieldErrorf(geo.CodeRefused, "Idempotency-Key", "it was used for another request: take a new one for each")
	}
	if err := json.Unmarshal([]byte(rows[0].Answer), done); err != nil {
		return false, fmt.Errorf("read what was answered before: %w", err)
	}
	return true, nil
}

// keep remembers what is answered.
func (k onceKeeper) keep(ctx context.Context, once project.Once, done any) error {
	if once.Key == "" {
		return nil
	}
	answer, err := json.Marshal(done)
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	_, err = k.tx.Exec(ctx, k.queries["edit_once_add"], pgx.NamedArgs{
		"account": k.account, "key": once.Key, "sha256": once.SHA256, "answer": string(answer), "at": k.now, "since": k.now.Add(-onceFor),
	})
	if err != nil {
		return interpret(fmt.Errorf("edit_once_add: %w", err))
	}
	return nil
}
