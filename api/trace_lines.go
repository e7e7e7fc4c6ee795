package api

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/network"
)

const (
	batchParts     = 1000             // parts that are looked up and written at a time, the most
	keptVertices   = 500_000          // of lines that later parts may need too
	writeWait      = 60 * time.Second // how long a client may take for a batch
	tracePatience  = 5 * time.Minute  // for all of a trace that is sent while it is walked: then it is truncated
	typeGeoJSON    = "application/geo+json"
	typeGeoJSONSeq = "application/geo+json-seq"
)

// flowlines serves GET /api/v1/hydro/{source}/{id}/navigation/{mode}/flowlines: the way up or down, part by part (Q3). It is sent
// while it is walked: the first part at once, the sums after the last.
func (s *server) flowlines(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Accept")                                     // which chooses the form
	soon, cancelSoon := context.WithTimeout(r.Context(), reportPatience) // for the first part: until it is sent the connection may be cut
	defer cancelSoon()
	whole, cancelWhole := context.WithTimeout(r.Context(), tracePatience)
	defer cancelWhole()
	t, err := s.traceAsked(r.WithContext(soon), "geometry")
	if err != nil {
		return tooLong(soon, err, reportPatience, lessTrace)
	}
	parts, sum, err := t.walk(true)
	if err != nil {
		return err
	}
	out := &lineWriter{trace: t, store: s.Store, w: w, rc: http.NewResponseController(w), seq: wantsSequence(r.Header["Accept"])}
	if r.Method == http.MethodHead {
		out.header()
		return nil
	}
	ctx := soon
	size, batch := 1, make([]network.Part, 0, batchParts)
	for p := range parts {
		if batch = append(batch, p); len(batch) < size {
			continue
		}
		if err = out.batch(ctx, batch); err != nil {
			break
		}
		ctx = whole
		size, batch = min(8*size, batchParts), batch[:0]
	}
	if err == nil {
		err = out.batch(ctx, batch)
	}
	if err != nil && !out.begun {
		return tooLong(soon, err, reportPatience, lessTrace)
	}
	if !errors.Is(err, errGone) {
		err = tooLong(whole, err, tracePatience, "go on from next")
	}
	if err == nil || !errors.Is(err, errGone) {
		err = out.end(r.Context(), sum(), batch, err)
	}
	if errors.Is(err, errGone) {
		return nil // there is nobody to tell
	}
	return err
}

// wantsSequence tells whether a sequence is named in Accept, and not wanted less than a collection is.
func wantsSequence(headers []string) bool {
	weights := map[string]float64{}
	for _, header := range headers {
		for item := range strings.SplitSeq(header, ",") {
			kind, params, err := mime.ParseMediaType(item)
			if err != nil {
				continue
			}
			weights[kind] = 1
			if q, ok := params["q"]; ok {
				weights[kind] = weightOf("q=" + q)
			}
		}
	}
	return weights[typeGeoJSONSeq] > 0 && weights[typeGeoJSONSeq] >= weights[typeGeoJSON]
}

// errGone says that the client takes no more.
var errGone = errors.New("the client is gone") //nolint:gochecknoglobals // a sentinel

// lineWriter writes the parts of a trace as GeoJSON.
type lineWriter struct {
	trace   *trace
	store   traceStore
	w       http.ResponseWriter
	rc      *http.ResponseController
	seq     bool // each feature a text of its own (RFC 8142)
	begun   bool
	told    int
	lengthM float64
	buf     []byte

	lines    map[int64]*geom.LineString
	vertices int
	along    map[int64]alongRoute
}

// alongRoute is what is told of each part of a route, ready to be written.
type alongRoute struct {
	river   []byte
	reaches []duty.Reach // by where they begin
}

func (o *lineWriter) header() {
	kind := typeGeoJSON
	if o.seq {
		kind = typeGeoJSONSeq
	}
	o.w.Header().Set("Content-Type", kind)
	o.w.Header().Set("Cache-Control", "no-cache")
}

// batch looks up what the parts need, writes them and sends them off. Nothing is written before the first lookups are done, so
// that a database which does not answer is told by the status.
func (o *lineWriter) batch(ctx context.Context, parts []network.Part) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := o.lookUp(ctx, parts); err != nil {
		return err
	}
	if !o.begun {
		if err := o.begin(); err != nil {
			return err
		}
	}
	for i := range parts {
		o.part(&parts[i])
	}
	return o.send()
}

func (o *lineWriter) begin() error {
	// Marshalled before anything is begun: an answer that has begun can no longer be refused by its status.
	head, err := json.Marshal(o.trace.head("parts are in order of distance"))
	if err != nil {
		return err
	}
	o.header()
	o.begun = true
	if o.seq {
		return nil
	}
	o.buf = append(append(o.buf, head[:len(head)-1]...), `,"features":[`...)
	return nil
}

// send writes out what there is. The time that a client has is for this much, however long the whole takes.
func (o *lineWriter) send() error {
	_ = o.rc.SetWriteDeadline(time.Now().Add(writeWait)) //nolint:forbidigo // of the connection, by the machine's own clock
	_, err := o.w.Write(o.buf)
	o.buf = o.buf[:0]
	if err == nil {
		err = o.rc.Flush()
	}
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return errGone
	}
	return nil
}

// lookUp reads what is not known yet of the routes of parts.
func (o *lineWriter) lookUp(ctx context.Context, parts []network.Part) error {
	routes := make([]int64, 0, len(parts))
	for i := range parts {
		routes = append(routes, parts[i].Route)
	}
	slices.Sort(routes)
	routes = slices.Compact(routes)
	if err := o.lookUpAlong(ctx, routes); err != nil || !o.trace.geometry {
		return err
	}
	if o.vertices > keptVertices {
		o.lines, o.vertices = nil, 0
	}
	routes = slices.DeleteFunc(routes, func(id int64) bool { return o.lines[id] != nil })
	if len(routes) == 0 {
		return nil
	}
	lines, err := o.store.Lines(ctx, o.trace.at, routes)
	if err != nil {
		return err
	}
	if o.lines == nil {
		o.lines = lines
	}
	for id, line := range lines {
		o.lines[id] = line
		o.vertices += line.NumCoords()
	}
	return nil
}

func (o *lineWriter) lookUpAlong(ctx context.Context, routes []int64) error {
	if o.along == nil || len(o.along) > 20*batchParts {
		o.along = map[int64]alongRoute{}
	}
	unknown := slices.DeleteFunc(slices.Clone(routes), func(id int64) bool { _, known := o.along[id]; return known })
	if len(unknown) == 0 {
		return nil
	}
	found, err := o.store.Along(ctx, o.trace.at, unknown)
	if err != nil {
		return err
	}
	for _, id := range unknown {
		a := alongRoute{river: []byte("null"), reaches: found[id].Reaches}
		if found[id].River != nil {
			if a.river, err = json.Marshal(found[id].River); err != nil {
				return err
			}
		}
		o.along[id] = a
	}
	return nil
}

// part writes one part.
func (o *lineWriter) part(p *network.Part) {
	switch {
	case o.seq:
		o.buf = append(o.buf, 0x1e)
	case o.told > 0:
		o.buf = append(o.buf, ',')
	}
	o.told++
	o.lengthM += p.LengthM
	b := append(o.buf, `{"type":"Feature","properties":{"edge_id":`...)
	b = strconv.AppendInt(b, p.Edge, 10)
	b = strconv.AppendInt(append(b, `,"route_id":`...), p.Route, 10)
	a := o.along[p.Route]
	b = append(append(b, `,"river":`...), a.river...)
	b = appendMetres(append(b, `,"from_m":`...), p.FromM)
	b = appendMetres(append(b, `,"to_m":`...), p.ToM)
	b = append(append(append(b, `,"from_label":"`...), lref.Label(p.FromM)...), '"')
	b = append(append(append(b, `,"to_label":"`...), lref.Label(p.ToM)...), '"')
	b = strconv.AppendBool(append(b, `,"falling":`...), p.Falling)
	b = appendMetres(append(b, `,"distance_m":`...), p.DistanceM)
	b = appendMetres(append(b, `,"distance_end_m":`...), p.DistanceM+p.LengthM)
	b = appendMetres(append(b, `,"length_m":`...), p.LengthM)
	if p.End == network.GoesOn {
		b = append(b, `,"ends":null`...)
	} else {
		b = append(append(append(b, `,"ends":"`...), reasonOf(p.End)...), '"')
	}
	b = append(b, `,"reaches":[`...)
	for i, n := 0, 0; i < len(a.reaches); i++ {
		if r := &a.reaches[i]; r.FromM < p.ToM-traceSlackM && r.ToM > p.FromM+traceSlackM {
			if n++; n > 1 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(append(b, `{"id":`...), r.ID, 10)
			b = append(strconv.AppendInt(append(b, `,"level":`...), int64(r.Level), 10), '}')
		}
	}
	b = append(b, `]},"geometry":`...)
	o.buf = append(o.geometry(b, p), '}')
	if o.seq {
		o.buf = append(o.buf, '\n')
	}
}

// geometry writes the line of a part: null where none is wanted, where the part is a point, and where the stored line does not
// have it, for the store may be a moment ahead of the network.
func (o *lineWriter) geometry(b []byte, p *network.Part) []byte {
	if line := o.lines[p.Route]; line != nil && p.FromM < p.ToM {
		if cut, err := lref.Substring(line, p.FromM, p.ToM); err == nil {
			return append(appendPositions(append(b, `{"type":"LineString","coordinates":`...), cut.FlatCoords(), cut.Stride()), '}')
		}
	}
	return append(b, "null"...)
}

// end writes the sums. A failure after the first part cannot be told by the status any more: it stands in the member problem, and
// next says where the answer broke off.
func (o *lineWriter) end(ctx context.Context, sum network.Sum, unsent []network.Part, failed error) error {
	tail := o.trace.tail(sum, o.told, o.lengthM)
	if failed != nil {
		p := problemIn(ctx, failed)
		tail.Problem, tail.Truncated = &p, true
		offset := o.trace.skip + o.told
		tail.Next = &haltAt{Reason: "problem", Offset: &offset}
		if len(unsent) > 0 {
			h := o.trace.halt(beginOf(&unsent[0]))
			h.Reason, h.Offset = "problem", &offset
			tail.Next = &h
		}
	}
	if o.seq {
		return o.endSeq(tail)
	}
	text, err := json.Marshal(tail)
	if err != nil {
		return err
	}
	o.buf = append(append(append(o.buf, "],"...), text[1:]...), '\n')
	return o.send()
}

// endSeq ends a sequence with a collection that has no features: the head and the sums.
func (o *lineWriter) endSeq(tail traceTail) error {
	text, err := json.Marshal(struct {
		traceHead
		Features []int `json:"features"`
		traceTail
	}{o.trace.head("parts are in order of distance"), []int{}, tail})
	if err != nil {
		return err
	}
	o.buf = append(append(append(o.buf, 0x1e), text...), '\n')
	return o.send()
}

// appendMetres writes metres to the millimetre.
func appendMetres(b []byte, m float64) []byte {
	return strconv.AppendFloat(b, rounded(m, 1000), 'f', -1, 64)
}

// appendPositions writes X and Y of a line as GeoJSON has them, to 7 decimals. A position that falls on the one before is left out, but
// for the last of a line that would be none.
func appendPositions(b []byte, flat []float64, stride int) []byte {
	b = append(b, '[')
	var before [2]float64
	told := 0
	for i := 0; i+1 < len(flat); i += stride {
		at := geo.LonLat{flat[i], flat[i+1]}.Rounded()
		if last := i+stride >= len(flat); told > 0 && at == before && !(last && told == 1) {
			continue
		}
		if told > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendFloat(append(b, '['), at[0], 'f', -1, 64), ',')
		b = append(strconv.AppendFloat(b, at[1], 'f', -1, 64), ']')
		before = at
		told++
	}
	return append(b, ']')
}

// traceIDs serves GET .../navigation/{mode}/ids: the edges of a trace, each once and in no order. It is the quickest way to ask.
func (s *server) traceIDs(w http.ResponseWriter, r *http.Request) error {
	t, err := s.traceAsked(r)
	if err != nil {
		return err
	}
	for _, name := range []string{"limit", "offset"} {
		if r.URL.Query().Has(name) {
			return geo.InvalidField(name, "is not for ids, which are told whole; distance= bounds them")
		}
	}
	var ids []int64
	if t.mode == pointToPoint {
		parts, _, err := t.walk(false)
		if err != nil {
			return err
		}
		for p := range parts {
			ids = append(ids, p.Edge)
		}
	} else if ids, err = t.graph.IDs(nil, t.from.place, t.mode, t.lim); err != nil {
		return err
	}
	h := t.head("edges stand in no order")
	text, err := json.Marshal(struct {
		head

		Mode  network.Mode `json:"mode"`
		Start standing     `json:"start"`
		To    *standing    `json:"to,omitempty"`
		Count int          `json:"count"`
	}{h.head, h.Mode, h.Start, h.To, len(ids)})
	if err != nil {
		return err
	}
	b := append(slices.Grow(text[:len(text)-1], 12*len(ids)+32), `,"edge_ids":[`...)
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(append(b, "]}\n"...))
	return nil
}
