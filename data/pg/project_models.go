package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// maxModelBytes bounds the elevation models of one account that are kept.
const maxModelBytes = 1 << 30

// Models gives the elevation models of a project that somebody sees.
func (s *Store) Models(ctx context.Context, by access.Actor, id int64) (out []project.Model, err error) {
	err = s.overheard(ctx, by, id, func(src source) error {
		out, err = collectFrom[project.Model](ctx, src, "edit_models", pgx.NamedArgs{"project": id})
		return err
	})
	return out, err
}

// RoomForModel refuses a further elevation model of somebody who may not add one to a project, or who sent many.
func (s *Store) RoomForModel(ctx context.Context, by access.Actor, id int64) error {
	return s.talk(ctx, by, id, roles(access.Planner), func(ctx context.Context, e *edit, p project.Project) error {
		if p.Status == project.Withdrawn || p.Status == project.Superseded {
			return geo.Errorf(geo.CodeConflict, "the project is %s: nothing is drawn for it any more", p.Status)
		}
		return e.roomForModel(ctx)
	})
}

func (e *edit) roomForModel(ctx context.Context) error {
	var sent int64
	if err := e.tx.QueryRow(ctx, e.queries["edit_models_sent"], pgx.NamedArgs{"account": e.by.Account}).Scan(&sent); err != nil {
		return interpret(fmt.Errorf("edit_models_sent: %w", err))
	}
	if sent >= maxModelBytes {
		return geo.Errorf(geo.CodeConflict, "%d MB of elevation models that you sent are kept: take those away that are not needed any more", sent>>20)
	}
	return nil
}

// AddModel keeps what is known of an elevation model whose file is kept. What its sender sent is summed again while his account is held, as for [Store.FileSent].
func (s *Store) AddModel(ctx context.Context, by access.Actor, id int64, m project.Model) error {
	return s.talk(ctx, by, id, roles(access.Planner), func(ctx context.Context, e *edit, _ project.Project) error {
		if err := s.holdAccount(ctx, e.tx, by.Account); err != nil {
			return err
		}
		if err := e.roomForModel(ctx); err != nil {
			return err
		}
		if err := e.exec(ctx, "edit_model_add", pgx.NamedArgs{
			"project": id, "sha256": m.SHA256, "bytes": m.Bytes, "model_name": m.Name, "crs": m.CRS, "datum": m.Datum, "source": m.Source, "cols": m.Cols, "rows": m.Rows, "cell_m": m.CellM,
			"account": by.Account, "name": by.Name, "at": e.now,
		}); err != nil {
			return err
		}
		return s.audit(ctx, e.tx, access.Event{Actor: by, Action: "project_model_add", Object: fmt.Sprintf("project %d", id), Result: access.Done, Detail: fmt.Sprintf("sha256 %s, %d bytes", m.SHA256, m.Bytes)})
	})
}

// DropModel takes an elevation model of a project away. last tells that nothing else names its file.
func (s *Store) DropModel(ctx context.Context, by access.Actor, id int64, sha256 string) (last bool, err error) {
	err = s.talk(ctx, by, id, roles(access.Planner), func(ctx context.Context, e *edit, _ project.Project) error {
		rows, err := collectFrom[struct{ Last bool }](ctx, e.source, "edit_model_drop", pgx.NamedArgs{"project": id, "sha256": sha256})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return geo.NotFoundField("sha256", "the project has no elevation model of that hash")
		}
		last = rows[0].Last
		return s.audit(ctx, e.tx, access.Event{Actor: by, Action: "project_model_drop", Object: fmt.Sprintf("project %d", id), Result: access.Done, Detail: "sha256 " + sha256})
	})
	return last, err
}
