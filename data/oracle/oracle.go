// Package oracle has PostGIS write tiles under the rules of the atlas, to compare with: what is in a tile, and what it costs.
//
// It gives PostGIS every advantage that its users can give it, so that no figure is owed to a poor opponent: a flat table for
// each layer with all attributes worked out for one day and projected, in the order of its GiST index, with smaller
// indexes of what low zooms draw; one statement for each zoom with only the layers and columns of that zoom, prepared once
// and never planned again; one back end, warm, that does nothing else and need not start others.
//
// The tables stand in a schema of their own in the database of the store, hetu_oracle, which Drop takes away. Nothing serves
// from it.
package oracle

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
	"hetu/tiles"
)

//go:embed sql/*.sql
var statements embed.FS

func statement(name string) (string, error) {
	text, err := statements.ReadFile("sql/" + name + ".sql")
	return string(text), err
}

// Oracle is one back end of the store's database with the tables to draw from. It is for one goroutine.
type Oracle struct {
	conn  *pgx.Conn
	texts map[string]string // of tiles, by set and zoom
}

// Layers names the layers that it draws: all of the catalogue that have collections of their own. Where names stand is no
// matter of PostGIS.
func Layers() []tiles.Layer {
	var out []tiles.Layer
	for _, l := range tiles.Catalogue() {
		if l.Names == "" {
			out = append(out, l)
		}
	}
	return out
}

// Open makes the tables for a day in the database that dsn logs in to as its owner; what an earlier Open left is
// replaced. tell, which may be nil, is told what is being done.
func Open(ctx context.Context, dsn string, asOf geo.Date, tell func(string)) (*Oracle, error) {
	conn, err := connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	o := &Oracle{conn: conn, texts: map[string]string{}}
	if err := o.fill(ctx, asOf, tell); err != nil {
		return nil, fmt.Errorf("make the tables to draw from: %w", errors.Join(err, o.Close(ctx)))
	}
	return o, nil
}

// connect logs in for long statements on one processor.
func connect(ctx context.Context, dsn string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the address of the database: %w", err)
	}
	maps.Copy(cfg.RuntimeParams, map[string]string{
		"search_path": "public", "timezone": "UTC", "application_name": "hetu oracle", "statement_timeout": "0", "jit": "off",
		"work_mem": "256MB", "maintenance_work_mem": "512MB", "max_parallel_workers_per_gather": "0",
	})
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("log in to the database: %w", err)
	}
	return conn, nil
}

func (o *Oracle) fill(ctx context.Context, asOf geo.Date, tell func(string)) error {
	if tell == nil {
		tell = func(string) {}
	}
	if err := o.script(ctx, "make"); err != nil {
		return err
	}
	for _, l := range Layers() {
		tell("fill " + l.Name)
		text, err := statement("fill_" + l.Name)
		if err != nil {
			return err
		}
		if _, err := o.conn.Exec(ctx, text, pgx.NamedArgs{"as_of": asOf.Time()}); err != nil {
			return fmt.Errorf("fill %s: %w", l.Name, err)
		}
	}
	for _, name := range []string{"index", "vacuum", "plan"} {
		tell(name)
		if err := o.script(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// script runs statements that have no parameters.
func (o *Oracle) script(ctx context.Context, name string) error {
	text, err := statement(name)
	if err != nil {
		return err
	}
	if _, err := o.conn.PgConn().Exec(ctx, text).ReadAll(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Tile writes a tile: WebMercatorQuad, the day of Open. What the atlas drops of a tile that is too large is not dropped.
func (o *Oracle) Tile(ctx context.Context, addr tiles.Address) ([]byte, error) {
	key := addr.Set.Name + " " + strconv.Itoa(addr.Z)
	text, known := o.texts[key]
	if !known {
		var err error
		if text, err = tileText(addr); err != nil {
			return nil, err
		}
		o.texts[key] = text
	}
	if text == "" {
		return nil, nil
	}
	var data []byte
	// pgx prepares a text when it first comes and keeps it; what goes to the back end for a tile is two numbers.
	if err := o.conn.QueryRow(ctx, text, pgx.NamedArgs{"x": addr.X, "y": addr.Y}).Scan(&data); err != nil {
		return nil, fmt.Errorf("tile %s/%d/%d/%d: %w", addr.Set.Name, addr.Z, addr.X, addr.Y, err)
	}
	return data, nil
}

// tileText puts the statement of a zoom together; it is empty if no layer is drawn there.
func tileText(addr tiles.Address) (string, error) {
	var layers []string
	for _, l := range addr.Set.Layers {
		if l.Names != "" || addr.Z < l.MinZoom {
			continue
		}
		text, err := statement("draw_" + l.Name)
		if err != nil {
			return "", err
		}
		layers = append(layers, "("+text+")")
	}
	if len(layers) == 0 {
		return "", nil
	}
	text, err := statement("tile")
	if err != nil {
		return "", err
	}
	_, text, _ = strings.Cut(text, "\nWITH ") // the words above it name what is replaced
	text = strings.ReplaceAll("WITH "+text, "@layers", strings.Join(layers, " || "))
	return strings.ReplaceAll(text, "@zoom", strconv.Itoa(addr.Z)), nil
}

// Server tells what draws: versions and the setting that matters most.
func (o *Oracle) Server(ctx context.Context) (string, error) {
	text, err := statement("server")
	if err != nil {
		return "", err
	}
	var postgres, postgis, buffers string
	if err := o.conn.QueryRow(ctx, text).Scan(&postgres, &postgis, &buffers); err != nil {
		return "", fmt.Errorf("ask the server for its versions: %w", err)
	}
	return fmt.Sprintf("PostgreSQL %s (shared_buffers %s), PostGIS %s", postgres, buffers, postgis), nil
}

// PID is the process of the back end.
func (o *Oracle) PID() int { return int(o.conn.PgConn().PID()) }

// Drop takes the tables away and ends the back end.
func (o *Oracle) Drop(ctx context.Context) error {
	return errors.Join(o.script(ctx, "drop"), o.Close(ctx))
}

// Close ends the back end and leaves the tables.
func (o *Oracle) Close(ctx context.Context) error { return o.conn.Close(ctx) }
