package pg

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

type documentRow struct {
	ID         int64
	Kind       string
	Number     *string
	Title      string
	Issuer     *string
	Dated      *time.Time
	FileSHA256 *string
	DivisionID *int64
}

func (r documentRow) document() project.Document {
	return project.Document{ID: r.ID, Kind: r.Kind, Number: r.Number, Title: r.Title, Issuer: r.Issuer, Dated: dateOf(r.Dated), SHA256: r.FileSHA256, Division: r.DivisionID}
}

// Document gives a document by id, or with id 0 by the hash of its file, to those who may read it: what binds something that was announced
// is everybody's. geo.CodeNotFound to all others.
func (s *Store) Document(ctx context.Context, by access.Actor, id int64, sha256 string) (d project.Document, err error) {
	err = s.byGrants(ctx, func(src source) (err error) {
		d, err = src.document(ctx, by, id, sha256)
		return err
	})
	return d, err
}

func (s source) document(ctx context.Context, by access.Actor, id int64, sha256 string) (project.Document, error) {
	rows, err := collectFrom[documentRow](ctx, s, "project_document", who(pgx.NamedArgs{"id": id, "sha256": sha256}, by, seers()))
	if err != nil {
		return project.Document{}, err
	}
	if len(rows) == 0 {
		return project.Document{}, geo.NotFoundField("id", "there is no such document")
	}
	return rows[0].document(), nil
}

// documentKnown refuses a document that he who edits does not know of; 0 is none.
func (e *edit) documentKnown(ctx context.Context, id int64) error {
	if id == 0 {
		return nil
	}
	_, err := e.document(ctx, e.by, id, "")
	if geo.CodeOf(err) == geo.CodeNotFound {
		return geo.FieldErrorf(geo.CodeRefused, "/legal_doc_id", "there is no document %d: file it first", id)
	}
	return err
}

// AddDocument files a document of a division.
func (s *Store) AddDocument(ctx context.Context, by access.Actor, d project.Document, once project.Once) (made project.Document, replayed bool, err error) {
	replayed, err = s.edit(ctx, by, "file a document", once, &made, func(ctx context.Context, e *edit) error {
		may, err := e.mayIn(ctx, orZero(d.Division), seers())
		if err != nil {
			return err
		}
		if !may {
			return geo.FieldErrorf(geo.CodeForbidden, "/division_id", "documents are filed by those who work for the division: you do not for %d", orZero(d.Division))
		}
		if err := e.fileKnown(ctx, orEmpty(d.SHA256)); err != nil {
			return err
		}
		key := KeyOf("document", rand.Text())
		e.b.ids["legal_doc"] = map[Key]ref{key: {}}
		if err := e.resolve(ctx, map[string][]string{"legal_doc": {string(key)}}); err != nil {
			return err
		}
		made = d
		made.ID = e.b.ids["legal_doc"][key].id
		e.put(LegalDoc{
			Record: Record{Key: key, Source: "document"}, Kind: d.Kind, Number: orEmpty(d.Number), Title: d.Title, Issuer: orEmpty(d.Issuer), Dated: d.Dated,
			SHA256: orEmpty(d.SHA256), Division: e.id("division", orZero(d.Division)),
		})
		return nil
	})
	return made, replayed, err
}

// fileKnown refuses a file that he who files a document neither sent nor may read: whoever knows the hash of another's file is not to get it so.
func (e *edit) fileKnown(ctx context.Context, sha256 string) error {
	if sha256 == "" {
		return nil
	}
	var mine bool
	if err := e.tx.QueryRow(ctx, e.queries["edit_file_mine"], pgx.NamedArgs{"sha256": sha256, "account": e.by.Account}).Scan(&mine); err != nil {
		return interpret(fmt.Errorf("edit_file_mine: %w", err))
	}
	if mine {
		return nil
	}
	_, err := e.document(ctx, e.by, 0, sha256)
	if geo.CodeOf(err) == geo.CodeNotFound {
		return geo.FieldErrorf(geo.CodeRefused, "/file_sha256", "you sent no file of that hash: send it to /api/v1/documents/files first")
	}
	return err
}

// maxLooseBytes bounds the files that an account sent and that no document names.
const maxLooseBytes = 500 << 20

// RoomForFile refuses a further file of somebody whose files are named by no document.
func (s *Store) RoomForFile(ctx context.Context, by access.Actor) error {
	return s.inTx(ctx, func(tx pgx.Tx) error { return s.roomForFile(ctx, tx, by) })
}

func (s *Store) roomForFile(ctx context.Context, tx pgx.Tx, by access.Actor) error {
	var loose int64
	if err := tx.QueryRow(ctx, s.queries["edit_files_loose"], pgx.NamedArgs{"account": by.Account}).Scan(&loose); err != nil {
		return interpret(fmt.Errorf("edit_files_loose: %w", err))
	}
	if loose >= maxLooseBytes {
		return geo.Errorf(geo.CodeConflict, "you sent %d MB of files that no document names: file documents with them before you send more", loose>>20)
	}
	return nil
}

// FileSent keeps who sent a file, by its hash, and tells the audit. What he sent is summed again while his account is held: files that came side by side
// all found room before the first of them was there. The file of one that is refused is named by nothing, and is swept.
func (s *Store) FileSent(ctx context.Context, by access.Actor, sha256 string, bytes int64) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.holdAccount(ctx, tx, by.Account); err != nil {
			return err
		}
		if err := s.roomForFile(ctx, tx, by); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.queries["edit_file_add"], pgx.NamedArgs{"sha256": sha256, "account": by.Account, "bytes": bytes, "at": s.now()}); err != nil {
			return interpret(fmt.Errorf("edit_file_add: %w", err))
		}
		return s.audit(ctx, tx, access.Event{Actor: by, Action: "document_file_add", Object: sha256, Result: access.Done, Detail: fmt.Sprintf("%d bytes", bytes)})
	})
}

// Unfiled gives those of some files that nothing names, no document and no stake, and that were not sent since. With it goes what is known of their sending, so that nobody files
// one any more without sending it again; all that could name one waits for the writers' lock meanwhile.
func (s *Store) Unfiled(ctx context.Context, sums []string, since time.Time) (out []string, err error) {
	tx, err := s.write.Begin(ctx)
	if err != nil {
		return nil, interpret(fmt.Errorf("begin to sweep: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, s.queries["access_lock_writers"]); err != nil {
		return nil, interpret(fmt.Errorf("lock the writers: %w", err))
	}
	rows, err := tx.Query(ctx, s.queries["edit_files_sweep"], pgx.NamedArgs{"sums": append([]string{}, sums...), "since": since})
	if err != nil {
		return nil, interpret(fmt.Errorf("edit_files_sweep: %w", err))
	}
	if out, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return nil, interpret(fmt.Errorf("edit_files_sweep: %w", err))
	}
	if len(out) > 0 {
		e := access.Event{Actor: access.Actor{Name: "sweep"}, Action: "files_sweep", Result: access.Done, Detail: fmt.Sprintf("%d files that nothing names and nobody sent since %s, the first %s", len(out), since.UTC().Format(time.RFC3339), out[0])}
		if err := s.audit(ctx, tx, e); err != nil {
			return nil, err
		}
	}
	return out, interpret(tx.Commit(ctx))
}
