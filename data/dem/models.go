package dem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

// maxSentCells bounds the grid that is read of a model that was sent: others wait meanwhile. They are those of 5 m, six kilometres around a few of a river.
const maxSentCells = 8_000_000

// Models reads elevation models that were sent.
type Models struct {
	Tools string // folder of GDAL's tools; /usr/bin if empty
	Temp  string // folder for copies; that of the system if empty
}

// Spool takes a file in, to its end, that is gone when it is closed. One that is larger than limit is geo.CodeTooLarge.
func (m Models) Spool(ctx context.Context, r io.Reader, limit int64) (file io.ReadSeekCloser, err error) {
	temp, err := os.CreateTemp(m.Temp, "hetu-model-*")
	if err != nil {
		return nil, fmt.Errorf("take an elevation model in: %w", err)
	}
	_ = os.Remove(temp.Name()) // it has no name from here on, and goes with its last user
	n, err := io.Copy(temp, io.LimitReader(r, limit+1))
	switch {
	case ctx.Err() != nil:
		err = geo.Wrapf(ctx.Err(), geo.CodeUnavailable, "the file did not come in time: send it again")
	case err != nil:
		err = geo.Wrapf(err, geo.CodeInvalid, "the file broke off before its end: send it again")
	case n > limit:
		err = geo.Errorf(geo.CodeTooLarge, "the elevation model is larger than %d bytes: cut it to the river, or to cells of a few metres", limit)
	default:
		_, err = temp.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, temp.Close())
	}
	return temp, nil
}

// Grid gives the heights of a model in a window; nil is all of it. Errors are those of [Read].
func (m Models) Grid(ctx context.Context, file io.ReadSeeker, of project.Model, window *geo.Extent) (demarc.DEM, error) {
	return Read(ctx, Request{File: file, CRS: of.CRS, Window: window, Datum: of.Datum, Source: of.Source, Tools: m.Tools, Temp: m.Temp, Cells: maxSentCells})
}
