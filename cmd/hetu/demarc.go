package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/geojson"

	"hetu/api"
	"hetu/data/export"
	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/project"
	"hetu/geo/project/gate"
)

type demarcCmd struct {
	Candidate demarcCandidateCmd `cmd:"" help:"Draw the boundary that a width profile asks for, as GeoJSON. Nothing is written."`
	Lake      demarcLakeCmd      `cmd:"" help:"Draw the boundary of a lake or reservoir around its shore at a level, as GeoJSON. Nothing is written."`
	Check     demarcCheckCmd     `cmd:"" help:"Hold a boundary project against the quality rules G1 to G21; exit code 1 when there are blockers."`
	Stakes    demarcStakesCmd    `cmd:"" help:"Print the stake table of a boundary project."`
	Export    demarcExportCmd    `cmd:"" help:"Write the package of results of a boundary project."`
}

// stored opens the store and runs what a command does with it.
func (a *app) stored(ctx context.Context, run func(db *database) error) error {
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(run(db), db.Close(ctx))
}

// project reads the rule profiles and all of a project, and runs what a command does with them.
func (a *app) project(ctx context.Context, id int64, profiles profilesFlag, run func(api.Rules, project.Subject) error) error {
	rules, err := profiles.rules()
	if err != nil {
		return err
	}
	return a.stored(ctx, func(db *database) error {
		subject, err := db.WholeSubject(ctx, id)
		if err != nil {
			return err
		}
		return run(rules, subject)
	})
}

type demarcCandidateCmd struct {
	River   string `arg:"" help:"The river's id or its name."`
	From    string `help:"Where the stretch begins, as K0+000 or in metres. Default: the lower end." placeholder:"K"`
	To      string `help:"Where it ends. Default: the upper end." placeholder:"K"`
	Profile string `help:"The width profile." required:"" placeholder:"ID"`
	AsOf    string `help:"The day whose surveys are taken; today when it is not given." placeholder:"DATE"`

	floodFlags   `embed:""`
	profilesFlag `embed:""`
}

// Help gives an example.
func (*demarcCandidateCmd) Help() string {
	return "Example: hetu demarc candidate 猫跳河 --from K0+000 --to K5+000 --profile width-kaiping > candidate.geojson\n\nEach bank rests on the landside levee toe where there is one, else on the bank top, else on a flood line, which --dem and --level draw. At confluences it is joined to the announced boundaries of the other rivers. What should be known of it is told on the standard error."
}

// Run draws.
func (c *demarcCandidateCmd) Run(ctx context.Context, a *app) error {
	rules, err := c.rules()
	if err != nil {
		return err
	}
	profile, err := rules.Get(c.Profile)
	if err != nil || profile.Width == nil {
		return usageError{fmt.Errorf("--profile %q is no profile with widths; hetu ask profiles lists them", c.Profile)}
	}
	asOf := geo.DateOf(a.now())
	if c.AsOf != "" {
		if asOf, err = geo.ParseDate(c.AsOf); err != nil {
			return usageError{fmt.Errorf("--as-of: %w", err)}
		}
	}
	return a.stored(ctx, func(db *database) error {
		st, err := c.stretch(ctx, db, asOf)
		if err != nil {
			return err
		}
		flooded, err := c.flood(ctx, &st)
		if err != nil {
			return err
		}
		lines, notes, err := demarc.Candidate(ctx, st, nil, *profile.Width)
		if err != nil {
			return err
		}
		met, err := db.RiversMet(ctx, st, asOf)
		if err != nil {
			return err
		}
		lines, joined := gate.Joined(lines, st, met)
		for _, n := range slices.Concat(flooded, notes, joined) {
			a.say("%s: %s %s", n.Code, n.Zh, n.En)
		}
		return writeLines(a.stdout, lines)
	})
}

// stretch finds the part of the river.
func (c *demarcCandidateCmd) stretch(ctx context.Context, db *database, asOf geo.Date) (demarc.Stretch, error) {
	river, err := db.riverID(ctx, c.River, asOf)
	if err != nil {
		return demarc.Stretch{}, err
	}
	routes, err := db.RoutesOf(ctx, duty.Moment{AsOf: asOf}, nil, []int64{river})
	if err != nil {
		return demarc.Stretch{}, err
	}
	if len(routes) == 0 {
		return demarc.Stretch{}, geo.Errorf(geo.CodeNotFound, "the river has no centre line on %s: import its route first", asOf)
	}
	ends := routes[0].Measures()
	from, err := measureOr(c.From, ends.FromM)
	if err != nil {
		return demarc.Stretch{}, usageError{fmt.Errorf("--from: %w", err)}
	}
	to, err := measureOr(c.To, ends.ToM)
	if err != nil {
		return demarc.Stretch{}, usageError{fmt.Errorf("--to: %w", err)}
	}
	return db.Stretch(ctx, river, from, to, asOf)
}

// riverID reads a river's id or its name, which has to be one river's.
func (db *database) riverID(ctx context.Context, word string, asOf geo.Date) (int64, error) {
	if id, err := strconv.ParseInt(word, 10, 64); err == nil {
		return id, nil
	}
	found, _, err := db.Rivers(ctx, duty.Moment{AsOf: asOf}, word, 50)
	if err != nil {
		return 0, err
	}
	var ids []int64
	for _, r := range found {
		if r.Name == word {
			ids = append(ids, r.ID)
		}
	}
	switch len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		return 0, geo.Errorf(geo.CodeNotFound, "no river is called %q on %s", word, asOf)
	default:
		return 0, geo.Errorf(geo.CodeInvalid, "%d rivers are called %q: give one of the ids %v", len(ids), word, ids)
	}
}

func measureOr(text string, fallback float64) (float64, error) {
	if text == "" {
		return fallback, nil
	}
	return lref.ParseLabel(text)
}

// writeLines writes pieces and connectors as one FeatureCollection, lon and lat, nine decimals.
func writeLines(w io.Writer, l demarc.Lines) error {
	features := []any{}
	add := func(line *geom.LineString, properties map[string]any) error {
		g, err := geojson.Marshal(line, geojson.EncodeGeometryWithMaxDecimalDigits(9))
		features = append(features, map[string]any{"type": "Feature", "properties": properties, "geometry": json.RawMessage(g)})
		return err
	}
	for _, p := range l.Pieces {
		if err := add(p.Line, map[string]any{
			"of": "piece", "bank": p.Bank, "from_m": p.FromM, "to_m": p.ToM, "basis": p.Basis, "width_m": p.WidthM, "source": p.Source, "confidence": p.Confidence,
		}); err != nil {
			return err
		}
	}
	for _, c := range l.Connectors {
		if err := add(c.Line, map[string]any{"of": "connector", "kind": c.Kind, "bank": c.Bank, "at_m": c.AtM, "length_m": c.LengthM}); err != nil {
			return err
		}
	}
	return json.NewEncoder(w).Encode(map[string]any{"type": "FeatureCollection", "features": features})
}

type demarcCheckCmd struct {
	Project int64 `arg:"" help:"The project's id."`
	JSON    bool  `help:"Print a JSON line for each finding." name:"json"`

	profilesFlag `embed:""`
}

// Help gives an example.
func (*demarcCheckCmd) Help() string {
	return "Example: hetu demarc check 12 --json | jq .rule\n\nThe exit code is 1 when something stops publishing."
}

// Run checks.
func (c *demarcCheckCmd) Run(ctx context.Context, a *app) error {
	return a.project(ctx, c.Project, c.profilesFlag, func(rules api.Rules, subject project.Subject) error {
		found, err := gate.Checker{Profiles: rules}.Check(ctx, subject)
		if err != nil {
			return err
		}
		if err := c.print(a.stdout, found); err != nil {
			return err
		}
		blockers, infos := 0, 0
		for _, f := range found {
			switch f.Severity {
			case demarc.Blocker:
				blockers++
			case demarc.Info:
				infos++
			}
		}
		a.say("%d findings, %d of them stop publishing; %d more stop nothing and tell what could not be looked at, or what gives way", len(found)-infos, blockers, infos)
		if blockers > 0 {
			return geo.Errorf(geo.CodeRefused, "%d faults of project %d have to be mended before it is published", blockers, c.Project)
		}
		return nil
	})
}

func (c *demarcCheckCmd) print(out io.Writer, found []demarc.Finding) error {
	if !c.JSON {
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		for _, f := range found {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s %s\n", f.Rule, f.Severity, f.Bank, lref.Label(f.FromM), lref.Label(f.ToM), f.Zh, f.En)
		}
		return w.Flush()
	}
	for _, f := range found {
		line := map[string]any{"rule": f.Rule, "severity": f.Severity, "bank": f.Bank, "from_m": f.FromM, "to_m": f.ToM, "size": f.Size, "unit": f.Unit, "zh": f.Zh, "en": f.En}
		if f.Place != nil && len(f.Place.FlatCoords()) > 0 {
			g, err := geojson.Marshal(f.Place, geojson.EncodeGeometryWithMaxDecimalDigits(9))
			if err != nil {
				return err
			}
			line["place"] = json.RawMessage(g)
		}
		if err := json.NewEncoder(out).Encode(line); err != nil {
			return err
		}
	}
	return nil
}

type demarcStakesCmd struct {
	Project int64  `arg:"" help:"The project's id."`
	Place   string `help:"Print the stakes that the project would have when a spacing profile places them, with the numbers that they would get; nothing is written." placeholder:"PROFILE"`
	JSON    bool   `help:"Print a JSON line for each stake." name:"json"`

	profilesFlag `embed:""`
}

// Help gives an example.
func (*demarcStakesCmd) Help() string {
	return "Examples: hetu demarc stakes 12 > stakes.csv\n          hetu demarc stakes 12 --place stakes-rural --json | wc -l"
}

// Run prints the table.
func (c *demarcStakesCmd) Run(ctx context.Context, a *app) error {
	rules, err := c.rules()
	if err != nil {
		return err
	}
	return a.stored(ctx, func(db *database) error {
		subject, err := db.WholeSubject(ctx, c.Project)
		if err != nil {
			return err
		}
		if c.Place != "" {
			taken, err := db.NumbersTaken(ctx, subject.Project.River)
			if err != nil {
				return err
			}
			if subject.Around.Stakes, err = c.placed(rules, subject, taken); err != nil {
				return err
			}
		}
		return c.print(ctx, a, subject)
	})
}

func (c *demarcStakesCmd) print(ctx context.Context, a *app, subject project.Subject) error {
	if !c.JSON {
		return export.Projects{}.StakeTable(ctx, a.stdout, gate.PackageOf(subject, subject.Stretch.Divisions), false)
	}
	out := json.NewEncoder(a.stdout)
	for _, k := range subject.Around.Stakes {
		if err := out.Encode(map[string]any{
			"name": k.Name, "number": k.Number, "kind": k.Kind, "tier": k.Tier, "bank": k.Bank, "measure_m": k.MeasureM, "lon": k.Lon, "lat": k.Lat, "h_1985": k.H1985, "place": k.Place, "why": k.Why,
		}); err != nil {
			return err
		}
	}
	return nil
}

// placed are the stakes that a project would have when a spacing profile places them, as the server does with replace: those that stand where one is placed
// stay, and the others get numbers above all that were ever given on the river.
func (c *demarcStakesCmd) placed(rules api.Rules, subject project.Subject, taken []demarc.Stake) ([]project.Stake, error) {
	profile, err := rules.Get(c.Place)
	if err != nil || profile.Stakes == nil {
		return nil, usageError{fmt.Errorf("--place %q is no profile of how close stakes stand; hetu ask profiles lists them", c.Place)}
	}
	return gate.PlaceStakes(subject, *profile.Stakes, taken).Put, nil
}

type demarcExportCmd struct {
	Project  int64  `arg:"" help:"The project's id."`
	File     string `arg:"" help:"The zip to write." placeholder:"FILE"`
	Encoding string `help:"Of Shapefiles and CSV: GBK or UTF-8." enum:"GBK,UTF-8" default:"GBK"`
	Zone     int    `help:"EPSG code: 4490, or a Gauss-Krüger zone of CGCS2000. Default: the 3-degree zone of the middle." placeholder:"CODE"`
	Template string `help:"Of the layers: house, sichuan or jzd." default:"house"`
	Force    bool   `help:"Overwrite the file if it is there."`
	Tools    string `help:"Folder of GDAL's tools." env:"HETU_GDAL" default:"/usr/bin" placeholder:"DIR"`

	profilesFlag `embed:""`
}

// Help gives an example.
func (*demarcExportCmd) Help() string {
	return "Example: hetu demarc export 12 results.zip --encoding UTF-8 --zone 4544"
}

// Run writes the package. A failed export leaves no file, and one that is killed leaves what was there before.
func (c *demarcExportCmd) Run(ctx context.Context, a *app) error {
	if _, err := os.Stat(c.File); err == nil && !c.Force {
		return usageError{fmt.Errorf("%s is there already; --force overwrites it", c.File)}
	}
	rules, err := c.rules()
	if err != nil {
		return err
	}
	return a.stored(ctx, func(db *database) error {
		subject, err := db.WholePackage(ctx, c.Project)
		if err != nil {
			return err
		}
		divisions, err := db.DivisionsAbove(ctx, subject.Stretch.Divisions, subject.On)
		if err != nil {
			return err
		}
		o := project.PackageOptions{Encoding: c.Encoding, Zone: c.Zone, Template: c.Template}
		results := gate.PackageOf(subject, divisions)
		results.Rule = gate.RuleInWords(rules, subject.Project.RuleProfile)
		err = writeWhole(c.File, func(w io.Writer) error {
			return export.Projects{Tools: c.Tools}.Package(ctx, w, results, o)
		})
		if err != nil {
			return err
		}
		length := 0.0
		for _, p := range subject.Lines.Pieces {
			length += lref.Length(p.Line)
		}
		a.say("%s: %d pieces, %.0f m of both banks, %d stakes, %d zones", c.File, len(subject.Lines.Pieces), math.Round(length), len(subject.Around.Stakes), len(subject.Around.Zones))
		return nil
	})
}
