// Package tiles says which vector tiles there are: which layers and where they are drawn (the catalogue), what a tile's address
// means, what TileJSON tells of it. The packages below it draw, keep and write them. It knows neither HTTP nor SQL.
package tiles

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"hetu/geo"
)

// MaxZoom is the last zoom that tiles are built for.
const MaxZoom = 18

// maxComposite is how many layers a composite set may name.
const maxComposite = 12

// Address says which tile: a set of layers, a square of a grid (y runs south), a civil day.
type Address struct {
	Set     Set
	Grid    Grid
	Z, X, Y int
	AsOf    geo.Date
}

// Zooms gives the first and the last zoom of a grid. 天地图 counts from 1, where two squares hold the world.
func (g Grid) Zooms() (first, last int) {
	if g == CGCS2000Quad {
		return 1, MaxZoom
	}
	return 0, MaxZoom
}

// Size gives how many columns and rows of tiles a grid has at one of its zooms.
func (g Grid) Size(zoom int) (columns, rows int) {
	if g == CGCS2000Quad {
		return 1 << zoom, 1 << zoom / 2
	}
	return 1 << zoom, 1 << zoom
}

// ParseAddress reads an address from the strings of a request. A square outside the grid, or a set that has no such layer, is
// [geo.CodeNotFound]; what is no number is invalid, with the field named.
func (g Grid) ParseAddress(set, z, x, y string, asOf geo.Date) (Address, error) {
	a := Address{Grid: g, AsOf: asOf}
	var err error
	if a.Set, err = ParseSet(set); err != nil {
		return Address{}, err
	}
	for _, part := range []struct {
		name, text string
		to         *int
	}{{"z", z, &a.Z}, {"x", x, &a.X}, {"y", y, &a.Y}} {
		if *part.to, err = parseNumber(part.name, part.text); err != nil {
			return Address{}, err
		}
	}
	if first, last := g.Zooms(); a.Z < first || a.Z > last {
		return Address{}, geo.Errorf(geo.CodeNotFound, "there is no zoom %d: tiles go from %d to %d", a.Z, first, last)
	}
	if columns, rows := g.Size(a.Z); a.X < 0 || a.X >= columns || a.Y < 0 || a.Y >= rows {
		return Address{}, geo.Errorf(geo.CodeNotFound, "the tile %d/%d/%d lies outside the grid: at zoom %d x goes from 0 to %d and y from 0 to %d",
			a.Z, a.X, a.Y, a.Z, columns-1, rows-1)
	}
	return a, nil
}

// parseNumber takes one spelling of each number, so that a tile has one URL. A number too large for int is off the grid
// anyway, and is told so.
func parseNumber(name, text string) (int, error) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" || (len(digits) > 1 && digits[0] == '0') || text == "-0" {
		return 0, geo.InvalidField(name, "%.40q is no tile number: write digits only", text)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return math.MaxInt32, nil //nolint:nilerr // digits, and too many of them
	}
	return n, nil
}

// Set is what one tile holds: layers in the order of their names.
type Set struct {
	Name   string // "public", a layer's name, or names joined by commas
	Layers []Layer
}

// PublicSet is the name of the set of all layers that everyone may see.
const PublicSet = "public"

// ParseSet reads a set's name: public, a layer, or several joined by commas, which are sorted and cleared of duplicates.
func ParseSet(text string) (Set, error) {
	catalogue := Catalogue()
	if text == PublicSet {
		set := Set{Name: PublicSet}
		for _, l := range catalogue {
			if l.Public {
				set.Layers = append(set.Layers, l)
			}
		}
		return set, nil
	}
	// Cut before sorting: a path of a megabyte is refused without being taken apart.
	if strings.Count(text, ",") >= 4*maxComposite {
		return Set{}, geo.InvalidField("set", "a composite names at most %d layers", maxComposite)
	}
	names := strings.Split(text, ",")
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > maxComposite {
		return Set{}, geo.InvalidField("set", "a composite names at most %d layers", maxComposite)
	}
	set := Set{Name: strings.Join(names, ",")}
	for _, name := range names {
		i := slices.IndexFunc(catalogue, func(l Layer) bool { return l.Name == name })
		if i < 0 {
			return Set{}, geo.Errorf(geo.CodeNotFound, "there is no tile layer %.40q; there are %s, and the set %s", name, strings.Join(layerNames(catalogue), ", "), PublicSet)
		}
		set.Layers = append(set.Layers, catalogue[i])
	}
	return set, nil
}

// Public tells whether everyone may see every layer of the set.
func (s Set) Public() bool {
	return !slices.ContainsFunc(s.Layers, func(l Layer) bool { return !l.Public })
}

// Drafts tells whether the set has the layer of what is not announced yet, which is for few to see and for no cache to keep.
func (s Set) Drafts() bool {
	return slices.ContainsFunc(s.Layers, Layer.Draft)
}

const draftLayer = "draft"

// Draft tells whether the layer is that of what is not announced yet.
func (l Layer) Draft() bool { return l.Name == draftLayer }

// Zooms gives the set's first and last zoom. Above a layer's own last zoom a set goes on drawing it up to the set's last:
// a renderer overzooms a whole set, not one layer of it, and the rivers must not vanish under the stakes.
func (s Set) Zooms() (first, last int) {
	first = MaxZoom
	for _, l := range s.Layers {
		first, last = min(first, l.MinZoom), max(last, l.MaxZoom)
	}
	return first, last
}

// lastOf gives the last zoom at which the set draws one of its layers: its own last zoom, but the names of lines end before,
// where the style writes along the lines themselves.
func (s Set) lastOf(l Layer) int {
	_, last := s.Zooms()
	if l.Names != "" && l.Geometry == Line {
		return l.MaxZoom
	}
	return last
}
