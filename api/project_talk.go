package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/gorilla/mux"

	"hetu/geo"
	"hetu/geo/project"
)

// comments serves GET /api/v1/projects/{id}/comments?after=&limit=: the comments on a project, the oldest first.
func (s *server) comments(w http.ResponseWriter, r *http.Request) error {
	id, after, limit, err := projectPage(r)
	if err != nil {
		return err
	}
	found, err := s.Store.Comments(r.Context(), actorOf(r.Context()), id, after, limit)
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, map[string]any{"comments": append([]project.Comment{}, found...)})
}

// sentComment is a comment as it is sent.
type sentComment struct {
	Revision int      `json:"revision"`
	Bank     geo.Bank `json:"bank"`
	FromM    *float64 `json:"from_m"`
	ToM      *float64 `json:"to_m"`
	Lon      *float64 `json:"lon"`
	Lat      *float64 `json:"lat"`
	ReplyTo  *int64   `json:"reply_to"`
	Blocking bool     `json:"blocking"`
	Text     string   `json:"text"`
}

// addComment serves POST /api/v1/projects/{id}/comments: a comment on a range of a revision; one that is blocking stops approval until it is
// resolved.
func (s *server) addComment(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	var b sentComment
	once, err := readSent(w, r, maxProjectBytes, &b)
	if err != nil {
		return err
	}
	c, err := b.comment(s.Extent)
	if err != nil {
		return err
	}
	by, made := actorOf(r.Context()), int64(0)
	replayed, err := s.Store.Once(r.Context(), by, once, &made, func(ctx context.Context) (err error) {
		made, err = s.Store.AddComment(ctx, by, id, c)
		return err
	})
	if err != nil {
		return err
	}
	return writeDone(w, http.StatusCreated, replayed, map[string]any{"comment_id": made})
}

func (b sentComment) comment(extent geo.Extent) (project.Comment, error) {
	c := project.Comment{Revision: b.Revision, Bank: b.Bank, Lon: b.Lon, Lat: b.Lat, ReplyTo: b.ReplyTo, Blocking: b.Blocking, Text: b.Text}
	switch {
	case b.FromM == nil || b.ToM == nil || !(*b.FromM <= *b.ToM):
		return c, geo.InvalidField("/from_m", "a comment is on a range: give from_m and to_m, in the route's measures")
	case b.Bank != geo.Left && b.Bank != geo.Right && b.Bank != geo.Both:
		return c, geo.InvalidField("/bank", "%q is none of left, right, both", shortened(string(b.Bank)))
	case (b.Lon == nil) != (b.Lat == nil):
		return c, geo.InvalidField("/lon", "a place has lon and lat")
	case b.Lon != nil && !extent.Contains(*b.Lon, *b.Lat):
		return c, geo.InvalidField("/lon", "%g, %g lies outside this installation's extent", *b.Lon, *b.Lat)
	}
	c.FromM, c.ToM = *b.FromM, *b.ToM
	return c, textOf("/text", b.Text, maxNote, true)
}

// resolveComment serves POST /api/v1/projects/{id}/comments/{comment}/resolve: a comment is dealt with.
func (s *server) resolveComment(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	comment, err := pathPart(r, "comment", "comment")
	if err != nil {
		return err
	}
	var b struct {
		Resolution string `json:"resolution"`
	}
	once, err := readSent(w, r, maxProjectBytes, &b)
	if err != nil {
		return err
	}
	if err := textOf("/resolution", b.Resolution, maxNote, true); err != nil {
		return err
	}
	by := actorOf(r.Context())
	replayed, err := s.Store.Once(r.Context(), by, once, &comment, func(ctx context.Context) error { return s.Store.ResolveComment(ctx, by, id, comment, b.Resolution) })
	if err != nil {
		return err
	}
	return writeDone(w, http.StatusOK, replayed, map[string]any{"comment_id": comment})
}

// sessionName is what a client calls its draft or its lease.
const sessionName = `^[A-Za-z0-9_-]{8,64}$`

func sessionOf(name, session string) error {
	if ok, err := regexp.MatchString(sessionName, session); err != nil || !ok {
		return geo.InvalidField(name, "%q names no session: 8 to 64 letters, digits, _ and -, drawn at random by the client", shortened(session))
	}
	return nil
}

func leasesBody(leases []project.Lease) map[string]any {
	out := append([]project.Lease{}, leases...)
	for i := range out {
		out[i].Until = out[i].Until.UTC()
	}
	return map[string]any{"leases": out}
}

// leases serves GET /api/v1/projects/{id}/leases: who is at work on what.
func (s *server) leases(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	found, err := s.Store.Leases(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, leasesBody(found))
}

// putLease serves PUT /api/v1/projects/{id}/leases/{session}: somebody is at work on a range, for two minutes more. It keeps nobody away; who
// commits over it is noted in the log.
func (s *server) putLease(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	var b struct {
		Bank  geo.Bank `json:"bank"`
		FromM *float64 `json:"from_m"`
		ToM   *float64 `json:"to_m"`
	}
	if _, err := readSent(w, r, maxProjectBytes, &b); err != nil {
		return err
	}
	session := mux.Vars(r)["session"]
	switch {
	case b.FromM == nil || b.ToM == nil || !(*b.FromM < *b.ToM):
		return geo.InvalidField("/from_m", "a lease is of a range: give from_m and to_m, in the route's measures")
	case b.Bank != geo.Left && b.Bank != geo.Right && b.Bank != geo.Both:
		return geo.InvalidField("/bank", "%q is none of left, right, both", shortened(string(b.Bank)))
	}
	if err := sessionOf("session", session); err != nil {
		return err
	}
	found, err := s.Store.PutLease(r.Context(), actorOf(r.Context()), id, project.Lease{Session: session, Bank: b.Bank, FromM: *b.FromM, ToM: *b.ToM})
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, leasesBody(found))
}

// dropLease serves DELETE /api/v1/projects/{id}/leases/{session}: somebody's work on a range has ended.
func (s *server) dropLease(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	session := mux.Vars(r)["session"]
	if err := sessionOf("session", session); err != nil {
		return err
	}
	if err := s.Store.DropLease(r.Context(), actorOf(r.Context()), id, session); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

const (
	maxOpsBytes = 1 << 20
	maxOps      = 500
	maxOpBytes  = 256 << 10
)

// opBody is an operation of a draft, as it is sent and told.
type opBody struct {
	Session string          `json:"session"`
	Seq     int             `json:"seq"`
	Base    int             `json:"base_revision"`
	Account int64           `json:"account_id"`
	By      string          `json:"by"`
	At      time.Time       `json:"at"`
	Op      json.RawMessage `json:"op"`
	Ended   *string         `json:"ended"` // committed or discarded; null: open
}

// draftOps serves GET /api/v1/projects/{id}/draft/ops?session=&after=&limit=: the operations of drafts, in their order.
func (s *server) draftOps(w http.ResponseWriter, r *http.Request) error {
	p, err := parseParams(r, "session", "after", "limit")
	if err != nil {
		return err
	}
	id, err := pathID(r, "project")
	if err != nil {
		return err
	}
	session := p.values.Get("session")
	if p.values.Has("session") {
		if err := sessionOf("session", session); err != nil {
			return err
		}
	}
	after, err := p.id("after")
	if err != nil {
		return err
	}
	limit, err := p.limit(maxOps, maxOps)
	if err != nil {
		return err
	}
	ops, err := s.Store.DraftOps(r.Context(), actorOf(r.Context()), id, session, int(min(after, 1<<30)), limit)
	if err != nil {
		return err
	}
	out := make([]opBody, 0, len(ops))
	for _, o := range ops {
		out = append(out, opBody{o.Session, o.Seq, o.Base, o.Account, o.By, o.At.UTC(), json.RawMessage(o.Op), orNoText(o.Ended)})
	}
	return writePrivate(w, http.StatusOK, map[string]any{"ops": out})
}

// sentOps are operations as they are sent.
type sentOps struct {
	Session string `json:"session"`
	Ops     []struct {
		Seq  int             `json:"seq"`
		Base int             `json:"base_revision"`
		Op   json.RawMessage `json:"op"`
	} `json:"ops"`
}

// appendOps serves POST /api/v1/projects/{id}/draft/ops: operations of a draft, by their numbers. Those that are there already are passed over,
// so that a client sends again what was not answered.
func (s *server) appendOps(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	var b sentOps
	if _, err := readSent(w, r, maxOpsBytes, &b); err != nil {
		return err
	}
	ops, err := b.read()
	if err != nil {
		return err
	}
	d, err := s.Store.AppendOps(r.Context(), actorOf(r.Context()), id, b.Session, ops)
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, map[string]any{"session": b.Session, "last_seq": d.Last, "open_ops": d.Ops, "open_bytes": d.Bytes})
}

// discardOps serves DELETE /api/v1/projects/{id}/draft/ops: what the account has open in the project is discarded. It stays to be read.
func (s *server) discardOps(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	d, err := s.Store.DiscardOps(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, d)
}

func (b sentOps) read() ([]project.Op, error) {
	if err := sessionOf("/session", b.Session); err != nil {
		return nil, err
	}
	if len(b.Ops) == 0 || len(b.Ops) > maxOps {
		return nil, geo.InvalidField("/ops", "holds %d operations; send 1 to %d", len(b.Ops), maxOps)
	}
	out := make([]project.Op, 0, len(b.Ops))
	for i, o := range b.Ops {
		at := fmt.Sprintf("/ops/%d", i)
		switch {
		case o.Seq < 1 || o.Seq > 1<<30 || i > 0 && o.Seq != b.Ops[i-1].Seq+1:
			return nil, geo.InvalidField(at+"/seq", "%d does not follow: operations are numbered from 1, each once", o.Seq)
		case len(o.Op) == 0 || o.Op[0] != '{':
			return nil, geo.InvalidField(at+"/op", "is no object; an operation is a JSON object")
		case len(o.Op) > maxOpBytes:
			return nil, geo.FieldErrorf(geo.CodeTooLarge, at+"/op", "has %d bytes; at most %d are kept", len(o.Op), maxOpBytes)
		case bytes.ContainsRune(o.Op, 0) || bytes.ContainsRune(o.Op, '\uFFFD'):
			return nil, geo.InvalidField(at+"/op", "holds what is no character")
		}
		out = append(out, project.Op{Seq: o.Seq, Base: o.Base, Op: string(o.Op)})
	}
	return out, nil
}
