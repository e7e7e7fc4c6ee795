package gate

import (
	"context"
	"fmt"
	"strings"

	"hetu/geo"
	"hetu/geo/demarc"
	quality "hetu/geo/demarc/rules"
	"hetu/geo/project"
)

// Prepared is a project with all that its lines are held against, so that lines that are drawn anew are checked while they are drawn. It does not change
// and may be asked by several at once.
type Prepared struct {
	subject project.Subject
	by      string
	quality *quality.Prepared
}

// Prepare reads what the rules need of a project once. It ends with the asker's error when nobody waits for it any more.
func (c Checker) Prepare(ctx geo.Asker, s project.Subject) (*Prepared, error) {
	subject, err := c.Subject(ctx, s)
	if err != nil {
		return nil, err
	}
	prepared, err := quality.Prepare(ctx, subject)
	if err != nil {
		return nil, err
	}
	return &Prepared{s, restsOn(s.Lines), prepared}, nil
}

// restsOn tells what pieces rest on, which the candidate of the profile is drawn by: not where their lines run.
func restsOn(l demarc.Lines) string {
	var out strings.Builder
	for _, p := range l.Pieces {
		_, _ = fmt.Fprintf(&out, "%s %.3f %.3f %s %.3f\n", p.Bank, p.FromM, p.ToM, p.Basis, p.WidthM)
	}
	return out.String()
}

// Fits tells whether lines rest on what the project's do, so that the candidate that was drawn is theirs too.
func (p *Prepared) Fits(l demarc.Lines) bool { return restsOn(l) == p.by }

// Project is the project as it was read.
func (p *Prepared) Project() project.Project { return p.subject.Project }

// Subject is what was read.
func (p *Prepared) Subject() project.Subject { return p.subject }

// Check holds the project's lines against the rules, in a range of measures or, with nil, as a whole.
func (p *Prepared) Check(ctx context.Context, changed *[2]float64) ([]demarc.Finding, error) {
	found, err := p.quality.Check(ctx, quality.Options{Range: changed})
	if err != nil {
		return nil, err
	}
	return withDisplaced(found, p.subject, p.subject.Lines, changed), nil
}

// CheckLines is Check of other lines, which rest on what the project's do.
func (p *Prepared) CheckLines(ctx context.Context, l demarc.Lines, changed *[2]float64) ([]demarc.Finding, error) {
	drawn := p.subject
	drawn.Lines = l
	lines := Drawn(drawn)
	var parts []quality.Part
	area, cut, err := AreaOf(ctx, lines, p.subject.Stretch)
	if err != nil {
		area = nil
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("check lines: %w", err)
	}
	for _, d := range cut {
		parts = append(parts, quality.Part{Division: d.Division, Name: nameOf(d.Division, p.subject.Stretch.Divisions), Geom: d.Geom})
	}
	found, err := p.quality.Redrawn(lines, area, parts).Check(ctx, quality.Options{Range: changed})
	if err != nil {
		return nil, err
	}
	return withDisplaced(found, p.subject, l, changed), nil
}
