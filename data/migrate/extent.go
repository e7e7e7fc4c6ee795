package migrate

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"hetu/geo"
)

// setExtent writes the installation's extent on the first run and holds later runs to it: geometry stored under another
// extent would no longer be what its constraint says.
func setExtent(ctx context.Context, db *sql.DB, extent geo.Extent) error {
	var raw []byte
	err := db.QueryRowContext(ctx, "SELECT value FROM hetu.setting WHERE key = 'extent'").Scan(&raw)
	if err == nil {
		var have [4]float64
		if err = json.Unmarshal(raw, &have); err != nil {
			return fmt.Errorf("read the stored extent: %w", err)
		}
		if have != [4]float64{extent.West, extent.South, extent.East, extent.North} {
			return geo.Errorf(geo.CodeConflict, "this store was made with the extent %v; it cannot be opened with %v", have, extent)
		}
		return nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the stored extent: %w", err)
	}
	if !(extent.West < extent.East && extent.South < extent.North) {
		return geo.Errorf(geo.CodeInvalid, "the extent %v is empty: write west,south,east,north", extent)
	}
	return writeExtent(ctx, db, extent)
}

func writeExtent(ctx context.Context, db *sql.DB, extent geo.Extent) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("set the extent: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	// A function body takes no parameters; the four are numbers we format ourselves.
	//nolint:gosec // numbers only
	body := "CREATE OR REPLACE FUNCTION hetu.in_extent(g geometry) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC SELECT st_xmin(g) >= " +
		number(extent.West) + " AND st_xmax(g) <= " + number(extent.East) + " AND st_ymin(g) >= " + number(extent.South) + " AND st_ymax(g) <= " + number(extent.North) + "; END"
	if _, err = tx.ExecContext(ctx, body); err != nil {
		return fmt.Errorf("set the extent: %w", err)
	}
	value, err := json.Marshal([4]float64{extent.West, extent.South, extent.East, extent.North})
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO hetu.setting (key, value) VALUES ('extent', $1)", string(value)); err != nil {
		return fmt.Errorf("set the extent: %w", err)
	}
	return tx.Commit()
}
