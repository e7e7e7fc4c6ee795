// Package tiles turns features into vector tiles: which layers there are and where they are drawn (the catalogue), what a
// tile's address means, how a geometry is generalised, cut and written. It knows neither HTTP nor SQL; features come from a
// [Source].
package tiles

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"hetu/geo"
	"hetu/tiles/mvt"
)

// MaxZoom is the last zoom that tiles are built for.
const MaxZoom = 18

// maxComposite is how many layers a composite set may name.
const maxComposite = 12

// Address says which tile: a set of layers, a square of the WebMercatorQuad grid (y runs south), a civil day.
type Address struct {
	Set     Set
	Z, X, Y int
	AsOf    geo.Date
}

// ParseAddress reads an address from the strings of a request. A square outside the grid, or a set
// that has no such layer, is [geo.CodeNotFound]; what is no number is invalid, with the field named.
func ParseAddress(set, z, x, y string, asOf geo.Date) (Address, error) {
	a := Address{AsOf: asOf}
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
	if a.Z < 0 || a.Z > MaxZoom {
		return Address{}, geo.Errorf(geo.CodeNotFound, "there is no zoom %d: tiles go from 0 to %d", a.Z, MaxZoom)
	}
	if last := 1<<a.Z - 1; a.X < 0 || a.X > last || a.Y < 0 || a.Y > last {
		return Address{}, geo.Errorf(geo.CodeNotFound, "the tile %d/%d/%d lies outside the grid: at zoom %d x and y go from 0 to %d", a.Z, a.X, a.Y, a.Z, last)
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

// Zooms gives the set's first and last zoom. Above a layer's own last zoom a set goes on drawing it up to the set's last:
// a renderer overzooms a whole set, not one layer of it, and the rivers must not vanish under the stakes.
func (s Set) Zooms() (first, last int) {
	first = MaxZoom
	for _, l := range s.Layers {
		first, last = min(first, l.MinZoom), max(last, l.MaxZoom)
	}
	return first, last
}

// at names the layers that are drawn at a zoom.
func (s Set) at(zoom int) []string {
	_, last := s.Zooms()
	var names []string
	for _, l := range s.Layers {
		if zoom >= l.MinZoom && zoom <= last {
			names = append(names, l.Name)
		}
	}
	return names
}

// Box gives the part of the earth that a tile is made from, in degrees: its square and the buffer around it, and what the
// snapping of vertices can move.
func (a Address) Box() geo.Extent {
	const margin = float64(buffer+maxGrain) / mvt.Extent
	n := float64(int(1) << a.Z)
	x, y := float64(a.X), float64(a.Y)
	return geo.Extent{
		West: max(-180, (x-margin)/n*360-180), East: min(180, (x+1+margin)/n*360-180),
		South: latitude((y + 1 + margin) / n), North: latitude((y - margin) / n),
	}
}

// latitude turns a fraction of the Mercator square's height, from the north, into degrees. Beyond the square it answers with
// the pole, so that what lies past 85.05° belongs to the outermost tiles' boxes.
func latitude(fraction float64) float64 {
	switch {
	case fraction <= 0:
		return 90
	case fraction >= 1:
		return -90
	}
	return math.Atan(math.Sinh(math.Pi*(1-2*fraction))) * 180 / math.Pi
}
