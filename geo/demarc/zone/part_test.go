package zone_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/zone"
	"hetu/geo/lref"
)

// A zone of which only the ends of the outer line are known, as stored ones are, is cut at measures into parts that are together what it was, on both banks,
// and each part again.
func TestZonesAreCutAtMeasures(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"mouth", "source"} {
		for _, swing := range []float64{0, 0.4, 1.2} {
			t.Run(fmt.Sprint(origin, " ", swing), func(t *testing.T) {
				t.Parallel()
				s, lines, near := banks(3000, swing, origin)
				for _, z := range build(t, s, lines, near, append(four(s, geo.Left, 3), four(s, geo.Right, 3)...)) {
					cutInThree(t, s.Route, stored(z))
				}
			})
		}
	}
}

// stored is a zone as it comes from the store.
func stored(z demarc.Zone) demarc.Zone {
	a, b := z.Outer.Coord(0), z.Outer.Coord(z.Outer.NumCoords()-1)
	z.Outer = geom.NewLineStringFlat(geom.XY, []float64{a[0], a[1], b[0], b[1]})
	return z
}

func cutInThree(t *testing.T, route *geom.LineString, z demarc.Zone) {
	t.Helper()
	at := []float64{z.FromM, z.FromM + (z.ToM-z.FromM)*0.1, z.FromM + (z.ToM-z.FromM)*0.6, z.ToM}
	area, length := 0.0, 0.0
	var parts []demarc.Zone
	for i := range 3 {
		part, err := zone.Part(route, z, at[i], at[i+1])
		if err != nil {
			t.Fatalf("%s from %.1f to %.1f: %v", z.RegionID, at[i], at[i+1], err)
		}
		if part.RegionID != z.RegionID || part.Type != z.Type || part.FromM != at[i] || part.ToM != at[i+1] || math.Abs(lref.Length(part.Outer)/1000-part.LenKm) > 1e-5 {
			t.Errorf("%+v", part)
		}
		area, length = area+part.AreaM2, length+part.LenKm
		parts = append(parts, part)
	}
	if math.Abs(area-z.AreaM2) > 0.01 || math.Abs(length-z.LenKm) > 1e-5 || sharedEdges(parts[0], parts[1]) != 1 || sharedEdges(parts[1], parts[2]) != 1 {
		t.Errorf("%s: parts of %.3f m², %.5f km; it has %.3f m², %.5f km", z.RegionID, area, length, z.AreaM2, z.LenKm)
	}
	again, err := zone.Part(route, stored(parts[1]), at[1], (at[1]+at[2])/2)
	if err != nil || again.AreaM2 >= parts[1].AreaM2 || again.AreaM2 <= 0 {
		t.Errorf("a part of a part: %.3f of %.3f m², %v", again.AreaM2, parts[1].AreaM2, err)
	}
}

// What is no strip between two lines is not cut, and a part that would have no length is refused.
func TestNoPartOfWhatIsNoStrip(t *testing.T) {
	t.Parallel()
	s, lines, near := banks(1000, 0, "source")
	z := build(t, s, lines, near, append(four(s, geo.Left, 1), four(s, geo.Right, 1)...))[0]
	odd := stored(z)
	odd.Outer = geom.NewLineStringFlat(geom.XY, []float64{106, 26, 106.1, 26})
	for _, tt := range []struct {
		z        demarc.Zone
		from, to float64
	}{{odd, 100, 200}, {demarc.Zone{RegionID: "L001"}, 100, 200}, {stored(z), 100, 100.01}} {
		if _, err := zone.Part(s.Route, tt.z, tt.from, tt.to); geo.CodeOf(err) != geo.CodeRefused {
			t.Errorf("%s from %g to %g: %v", tt.z.RegionID, tt.from, tt.to, err)
		}
	}
}

// Numbers begin above those of zones upstream, of the same bank and the river, pass over those that are taken, and end with the three digits.
func TestZonesCountAlongTheRiver(t *testing.T) {
	t.Parallel()
	s, lines, near := banks(1000, 0, "source")
	elsewhere := func(id string, bank geo.Bank, from, to float64) demarc.Zone {
		return demarc.Zone{RegionID: id, Bank: bank, FromM: from, ToM: to}
	}
	taken := []demarc.Zone{
		elsewhere("L004", geo.Left, -500, 0), elsewhere("L006", geo.Left, 1000, 1500), elsewhere("L009", geo.Left, math.NaN(), math.NaN()),
		elsewhere("R002", geo.Right, 1000, 1500), elsewhere("", geo.Right, -500, 0), elsewhere("R0x1", geo.Right, -500, 0),
	}
	var got []string
	zones, err := zone.Build(geo.Patient{}, s, lines, near, append(four(s, geo.Left, 3), four(s, geo.Right, 3)...), taken)
	if err != nil {
		t.Fatal(err)
	}
	for _, z := range zones {
		got = append(got, z.RegionID)
	}
	if fmt.Sprint(got) != "[L005 L007 L008 R001 R003 R004]" {
		t.Error(got)
	}
	full := []demarc.Zone{elsewhere("L998", geo.Left, -500, 0)}
	if _, err := zone.Build(geo.Patient{}, s, lines, near, append(four(s, geo.Left, 3), four(s, geo.Right, 3)...), full); geo.CodeOf(err) != geo.CodeRefused {
		t.Errorf("the 1000th zone of a bank: %v", err)
	}
}
