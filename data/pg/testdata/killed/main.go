// Command killed makes one write to a project, for the test that kills it in the middle of that: HETU_FAULT names where it dies by itself.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

// job is what to write, as JSON in the first argument.
type job struct {
	Read, Write string
	Project     int64
	Base        int
	Account     int64
	ToM         float64
	Lat         float64
	LegalDoc    int64 // 0: a commit, else an announcement
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var j job
	if err := json.Unmarshal([]byte(os.Args[1]), &j); err != nil {
		return err
	}
	store, err := pg.Open(ctx, pg.Config{ReadDSN: j.Read, WriteDSN: j.Write, ReadConns: 1, Now: time.Now})
	if err != nil {
		return err
	}
	defer store.Close()
	who := access.Actor{Account: j.Account, Name: "killed"}
	if j.LegalDoc != 0 {
		_, _, err = store.Transition(ctx, who, j.Project, project.Move{To: project.Announced, Base: j.Base, LegalDoc: j.LegalDoc, EffectiveFrom: geo.DateOf(time.Now())}, project.Once{})
		return err
	}
	c := project.Commit{Base: j.Base}
	for bank, side := range map[geo.Bank]float64{geo.Left: 1, geo.Right: -1} {
		lat := 26.60 + side*j.Lat
		piece := demarc.Piece{
			Bank: bank, ToM: j.ToM, Basis: demarc.NaturalBank, WidthM: 10,
			Line: geom.NewLineStringFlat(geom.XY, []float64{106.40, lat, 106.45, lat, 106.50, lat}),
		}
		c.Changes = append(c.Changes, project.Change{Range: project.RangeOf(piece), Pieces: []demarc.Piece{piece}})
	}
	_, _, err = store.Commit(ctx, who, j.Project, c, geo.China(), project.Once{})
	return err
}
