package api

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/geojson"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// profileStore is what the profile of a river is read from.
type profileStore interface {
	// Profile tells what lies along a river, from one snapshot; geo.CodeNotFound when it is not known. A gap up to overlapM is none.
	Profile(ctx context.Context, at duty.Moment, id int64, overlapM float64) (duty.Profile, error)
}

// profileHow says how a profile was found.
const profileHow = "Reaches and announced boundaries by their measures; boards, sections, outfalls and mouths by their own measure, or else by the " +
	"nearest point of the river's routes. A gap is a stretch without a reach at a level that manages the river and has no chief of all of it, or without a chief; up to %g m it is none."

// riverProfile is the answer of /api/v1/hydro/rivers/{id}/profile.
type riverProfile struct {
	head
	duty.Profile
}

// profile serves GET /api/v1/hydro/rivers/{id}/profile and its other name longitudinal-list: what lies along a river, in order of measure.
func (s *server) profile(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "f")
	if err != nil {
		return err
	}
	f := p.values.Get("f")
	if formats := []string{"json", "geojson", "csv", "xlsx"}; p.values.Has("f") && !slices.Contains(formats, f) {
		return geo.InvalidField("f", "%.40q is no form that there is; give one of %s", f, strings.Join(formats, ", "))
	}
	id, err := pathID(r, "river")
	if err != nil {
		return err
	}
	tolerance, err := s.tolerance()
	if err != nil {
		return err
	}
	found, err := s.Store.Profile(r.Context(), at, id, tolerance.Tolerance.OverlapM)
	if err != nil {
		return geo.AtField(err, "id")
	}
	answer := riverProfile{headOf(at, found.Version, fmt.Sprintf(profileHow, tolerance.Tolerance.OverlapM)).by(tolerance), found}
	switch f {
	case "geojson":
		return answer.sendGeoJSON(w)
	case "csv":
		return sendFile(w, answer.fileName("csv"), "text/csv; charset=utf-8", answer.table().csv)
	case "xlsx":
		return sendFile(w, answer.fileName("xlsx"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", answer.table().xlsx)
	default:
		return writeJSON(w, answer)
	}
}

func (a riverProfile) fileName(ending string) string {
	return fmt.Sprintf("%s-%d-%s.%s", a.River.Name, a.River.ID, a.AsOf, ending)
}

// sendFile answers with a file to keep; nothing is sent before all of it is made.
func sendFile(w http.ResponseWriter, name, mediaType string, make func() ([]byte, error)) error {
	body, err := make()
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Cache-Control", "no-cache")
	_, _ = w.Write(body)
	return nil
}

// profileDecimals of a degree in a GeoJSON answer: a centimetre.
const profileDecimals = 7

// sendGeoJSON answers with a feature for each item: a stretch is the part of the route, everything else a point.
func (a riverProfile) sendGeoJSON(w http.ResponseWriter) error {
	type feature struct {
		Type       string          `json:"type"`
		ID         string          `json:"id,omitempty"`
		Geometry   json.RawMessage `json:"geometry"`
		Properties any             `json:"properties"`
	}
	type properties struct {
		RouteID int64 `json:"route_id"`
		duty.ProfileItem
	}
	features := []feature{}
	for _, route := range a.Routes {
		for _, item := range route.Items {
			geometry, err := geojson.Marshal(placeOf(item, route), geojson.EncodeGeometryWithMaxDecimalDigits(profileDecimals))
			if err != nil {
				return fmt.Errorf("write the place of %s: %w", item.Kind, err)
			}
			f := feature{Type: "Feature", Geometry: geometry, Properties: properties{route.RouteID, item}}
			if item.ID != nil && item.Kind != duty.GapItem {
				f.ID = fmt.Sprintf("%s/%d", item.Kind, *item.ID)
			}
			features = append(features, f)
		}
	}
	body, err := json.Marshal(struct {
		Type string `json:"type"`
		head
		River    duty.ListedRiver `json:"river"`
		Features []feature        `json:"features"`
	}{"FeatureCollection", a.head, a.River, features})
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return sendFile(w, a.fileName("geojson"), "application/geo+json", func() ([]byte, error) { return append(body, '\n'), nil })
}

func placeOf(item duty.ProfileItem, route duty.ProfileRoute) geom.T {
	if item.FromM < item.ToM {
		from, to := max(item.FromM, route.FromM), min(item.ToM, route.ToM)
		if line, err := lref.Substring(route.Line, from, to); err == nil { // there is no error on the line
			return line
		}
	}
	return geom.NewPointFlat(geom.XY, item.Point[:])
}

// table writes the items as rows: what a member is in JSON is a column, and the chiefs in office are one.
func (a riverProfile) table() sheet {
	out := sheet{name: "profile", columns: []string{
		"kind", "id", "code", "name", "level", "bank", "route_id", "from_m", "to_m", "from_label", "to_label", "length_m", "division", "type", "state",
		"target_class", "stale_since", "chiefs", "lon", "lat", "offset_m",
	}}
	for _, route := range a.Routes {
		for _, i := range route.Items {
			row := []any{
				string(i.Kind), orNone(i.ID), orNone(i.Code), orNone(i.Name), orNone(i.Level), string(i.Bank), route.RouteID, centimetres(i.FromM), centimetres(i.ToM),
				i.FromLabel, i.ToLabel, centimetres(i.LengthM()), nil, orNone(i.Type), orNone(i.State), orNone(i.TargetClass), nil, chiefsOf(i.Posts), i.Point[0], i.Point[1], nil,
			}
			if i.Division != nil {
				row[12] = i.Division.Name
			}
			if i.StaleSince != nil {
				row[16] = i.StaleSince.String()
			}
			if i.OffsetM != nil {
				row[20] = centimetres(*i.OffsetM)
			}
			out.rows = append(out.rows, row)
		}
	}
	return out
}

// orNone gives what is pointed to, or nil.
func orNone[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// chiefsOf names who is in office; a vacant post is said to be.
func chiefsOf(posts []duty.Seat) any {
	var out []string
	for _, s := range posts {
		switch {
		case !duty.IsChief(s.Role):
		case s.Holder == nil:
			out = append(out, s.Title+": 空缺 vacant")
		case s.Holder.Acting:
			out = append(out, s.Title+": "+s.Holder.Person+" (代管 acting)")
		default:
			out = append(out, s.Title+": "+s.Holder.Person)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return strings.Join(out, "; ")
}
