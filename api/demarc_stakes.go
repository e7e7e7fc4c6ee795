package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/demarc/photo"
	"hetu/geo/demarc/stake"
	"hetu/geo/lref"
	"hetu/geo/project"
	"hetu/geo/project/gate"
	"hetu/geo/rules"
)

func (s *server) routeStakes(add func(method, path, name string, h handlerFunc), one string) {
	add(http.MethodGet, one+"/stakes", "project_stakes", s.stakes)
	add(http.MethodPost, one+"/stakes", "project_stakes_place", s.placeStakes)
	add(http.MethodGet, one+"/stakes/table.csv", "project_stakes_csv", s.stakeTable(false))
	add(http.MethodPost, one+"/stakes/table", "project_stakes_send", s.sendStakeTable)
	add(http.MethodGet, one+"/stakes/table.xlsx", "project_stakes_xlsx", s.stakeTable(true))
	add(http.MethodDelete, one+"/stakes/{stake}", "project_stake_remove", s.removeStake)
	add(http.MethodPost, one+"/stakes/{stake}/check-in", "project_stake_visit", s.checkInStake)
	add(http.MethodGet, one+"/stakes/{stake}/photo", "project_stake_photo", s.stakePhoto)
	add(http.MethodGet, one+"/stakes/{stake}/certificate.xlsx", "project_stake_certificate", s.stakeCertificate)
}

// stakeBody is a stake as those who may see its project are told of it: exactly.
type stakeBody struct {
	ID          int64            `json:"id"`
	Version     int              `json:"version"` // which a visit says that it saw
	Name        string           `json:"name"`
	Number      int              `json:"number"`
	Kind        demarc.StakeKind `json:"kind"`
	Tier        string           `json:"tier"`
	Bank        geo.Bank         `json:"bank"`
	MeasureM    float64          `json:"measure_m"`
	Label       string           `json:"label"`
	Lon         float64          `json:"lon"`
	Lat         float64          `json:"lat"`
	H1985       *float64         `json:"h_1985"`
	Division    *int64           `json:"division_id"`
	Place       string           `json:"place"`
	MapSheet    string           `json:"map_sheet"`
	Why         string           `json:"why"`
	Boundary    int64            `json:"boundary_id"`
	OffsetM     *float64         `json:"offset_from_line_m"`
	State       *string          `json:"state"`
	InstalledOn *geo.Date        `json:"installed_on"`
	CheckedOn   *geo.Date        `json:"checked_on"`
	PhotoSHA256 *string          `json:"photo_sha256"`
}

func stakeBodyOf(k project.Stake) stakeBody {
	b := stakeBody{
		ID: k.ID, Version: k.Version, Name: k.Name, Number: k.Number, Kind: k.Kind, Tier: string(k.Tier), Bank: k.Bank, MeasureM: k.MeasureM, Label: lref.Label(k.MeasureM), Lon: k.Lon, Lat: k.Lat, H1985: k.H1985,
		Division: idOrNull(k.Division), Place: k.Place, MapSheet: k.MapSheet, Why: k.Why, Boundary: k.Boundary, OffsetM: k.OffsetM, State: orNoText(k.State), PhotoSHA256: orNoText(k.PhotoSHA256),
	}
	if !k.InstalledOn.IsZero() {
		b.InstalledOn = &k.InstalledOn
	}
	if !k.CheckedOn.IsZero() {
		b.CheckedOn = &k.CheckedOn
	}
	return b
}

// stakes serves GET /api/v1/projects/{id}/stakes: where the stakes of a project stand, exactly. The public is told of stakes by /api/v1/nearest alone.
func (s *server) stakes(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	p, found, err := s.Store.ProjectStakes(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, map[string]any{"project_id": p.ID, "revision": p.Revision, "stakes": stakesOf(found)})
}

func stakesOf(stakes []project.Stake) []stakeBody {
	out := make([]stakeBody, 0, len(stakes))
	for _, k := range stakes {
		out = append(out, stakeBodyOf(k))
	}
	return out
}

// sentStakes asks for stakes: by a profile along all lines, or one, or a sign 告示牌, at a position.
type sentStakes struct {
	Profile string           `json:"profile"`
	Replace bool             `json:"replace"`
	Kind    demarc.StakeKind `json:"kind"`
	Lon     *float64         `json:"lon"`
	Lat     *float64         `json:"lat"`
}

// placeStakes serves POST /api/v1/projects/{id}/stakes: stakes are placed by a profile, or one or a sign is added at a position. A number that was ever
// given is not given again.
func (s *server) placeStakes(w http.ResponseWriter, r *http.Request) error {
	id, base, err := s.named(r)
	if err != nil {
		return err
	}
	var b sentStakes
	once, err := readSent(w, r, maxProjectBytes, &b)
	if err != nil {
		return err
	}
	place, err := s.placingOf(b)
	if err != nil {
		return err
	}
	made, replayed, err := s.writeStakes(r.Context(), id, project.StakeBase{Revision: base}, place, once)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etagOf(made.Revision))
	return writeDone(w, http.StatusCreated, replayed, made)
}

// seen gives the id of a project that the one who asks may see.
func (s *server) seen(r *http.Request) (int64, error) {
	id, err := s.projectID(r)
	if err != nil {
		return 0, err
	}
	_, err = s.Store.Project(r.Context(), actorOf(r.Context()), id)
	return id, err
}

// writeStakes has stakes decided on and written when it is their turn.
func (s *server) writeStakes(ctx context.Context, id int64, base project.StakeBase, place project.Placing, once project.Once) (made project.StakesMade, replayed bool, err error) {
	err = s.placing.do(ctx, func(ctx context.Context) (err error) {
		made, replayed, err = s.Store.WriteStakes(ctx, actorOf(ctx), id, base, place, once)
		return err
	})
	return made, replayed, err
}

func (s *server) placingOf(b sentStakes) (project.Placing, error) {
	switch {
	case (b.Lon == nil) != (b.Lat == nil):
		return nil, geo.InvalidField("/lon", "and lat go together: give both, or neither")
	case b.Kind != "" && b.Kind != demarc.Electronic && b.Kind != demarc.Sign:
		return nil, geo.InvalidField("/kind", "%q is not placed: electronic 电子桩 or sign 告示牌 is; a stake becomes physical when it is visited", shortened(string(b.Kind)))
	case b.Kind == demarc.Sign && b.Lon == nil:
		return nil, geo.InvalidField("/lon", "is missing; give lon and lat of where the sign stands")
	case b.Lon != nil && b.Profile != "":
		return nil, geo.InvalidField("/profile", "stakes are placed by a profile, or one at a position: send one of the two")
	case b.Lon != nil:
		if !s.Extent.Contains(*b.Lon, *b.Lat) {
			return nil, geo.InvalidField("/lon", "%g, %g lies outside this installation's extent; a position is lon, lat", *b.Lon, *b.Lat)
		}
		return func(p project.Subject, taken []demarc.Stake) (project.StakeWrite, error) {
			if b.Kind == demarc.Sign {
				return addedSign(p, *b.Lon, *b.Lat, taken)
			}
			return addedStake(p, *b.Lon, *b.Lat, taken)
		}, nil
	case b.Profile == "":
		return func(p project.Subject, taken []demarc.Stake) (project.StakeWrite, error) {
			profile, err := s.checker().SpacingOf(p.Project)
			if err != nil {
				return project.StakeWrite{}, renamedFields(err, map[string]string{"profile": "/profile"})
			}
			return placedStakes(p, profile, b.Replace, taken)
		}, nil
	}
	profile, err := s.partOf("/profile", b.Profile, rules.Stakes)
	if err != nil {
		return nil, err
	}
	return func(p project.Subject, taken []demarc.Stake) (project.StakeWrite, error) {
		return placedStakes(p, profile, b.Replace, taken)
	}, nil
}

// maxStakes bounds how many stakes a project gets at once.
const maxStakes = 20_000

func placedStakes(p project.Subject, profile rules.Profile, replace bool, taken []demarc.Stake) (project.StakeWrite, error) {
	if n := len(p.Around.Stakes); n > 0 && !replace {
		return project.StakeWrite{}, geo.Errorf(geo.CodeConflict, "the project has %d stakes: add single ones by their position, or send replace, which keeps those that stand where one is placed and takes the others away", n)
	}
	out := gate.PlaceStakes(p, *profile.Stakes, taken)
	out.Profile = profile.ID
	if len(out.Put) > maxStakes {
		return project.StakeWrite{}, geo.FieldErrorf(geo.CodeRefused, "/profile", "would place %d stakes; at most %d are placed at once: take a wider spacing", len(out.Put), maxStakes)
	}
	return out, nil
}

func addedStake(p project.Subject, lon, lat float64, taken []demarc.Stake) (project.StakeWrite, error) {
	k, err := stake.At(p.Stretch, gate.Drawn(p), lon, lat, taken)
	if err != nil {
		return project.StakeWrite{}, renamedFields(err, map[string]string{"position": "/lon"})
	}
	return project.StakeWrite{Put: []project.Stake{gate.NewStake(k)}}, nil
}

func addedSign(p project.Subject, lon, lat float64, taken []demarc.Stake) (project.StakeWrite, error) {
	sign, offM, err := stake.SignAt(p.Stretch, gate.Drawn(p), lon, lat, taken)
	if err != nil {
		return project.StakeWrite{}, renamedFields(err, map[string]string{"position": "/lon"})
	}
	k := gate.NewStake(sign)
	k.OffsetM = new(centimetres(offM))
	return project.StakeWrite{Put: []project.Stake{k}}, nil
}

// stakeOf finds a stake of a project by its id.
func stakeOf(stakes []project.Stake, id int64) (project.Stake, error) {
	i := slices.IndexFunc(stakes, func(k project.Stake) bool { return k.ID == id })
	if i < 0 {
		return project.Stake{}, geo.NotFoundField("stake", "the project has no stake %d", id)
	}
	return stakes[i], nil
}

// removeStake serves DELETE /api/v1/projects/{id}/stakes/{stake}: a stake is taken away, and its number with it.
func (s *server) removeStake(w http.ResponseWriter, r *http.Request) error {
	id, base, err := s.named(r)
	if err != nil {
		return err
	}
	which, err := pathPart(r, "stake", "stake")
	if err != nil {
		return err
	}
	once, err := onceOf(r, nil)
	if err != nil {
		return err
	}
	made, replayed, err := s.writeStakes(r.Context(), id, project.StakeBase{Revision: base}, func(p project.Subject, _ []demarc.Stake) (project.StakeWrite, error) {
		k, err := stakeOf(p.Around.Stakes, which)
		return project.StakeWrite{Gone: []project.Stake{k}}, err
	}, once)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etagOf(made.Revision))
	return writeDone(w, http.StatusOK, replayed, made)
}

// sentVisit is what was found of a stake in the field.
type sentVisit struct {
	Lon   *float64         `json:"lon"`
	Lat   *float64         `json:"lat"`
	H1985 *float64         `json:"h_1985"`
	Kind  demarc.StakeKind `json:"kind"`
	State string           `json:"state"`
	On    string           `json:"on"`
	Photo []byte           `json:"photo"` // a JPEG or PNG, in base64
}

// maxVisitBytes bounds a visit: a photo in base64.
const maxVisitBytes = photo.MaxBytes/3*4 + 64<<10

func (b sentVisit) check(extent geo.Extent, today geo.Date) (geo.Date, error) {
	switch {
	case b.Lon == nil || b.Lat == nil:
		return today, geo.InvalidField("/lon", "is missing; give lon and lat of where the stake stands")
	case !extent.Contains(*b.Lon, *b.Lat):
		return today, geo.InvalidField("/lon", "%g, %g lies outside this installation's extent; a position is lon, lat", *b.Lon, *b.Lat)
	case b.H1985 != nil && !(*b.H1985 > -500 && *b.H1985 < 9000):
		return today, geo.InvalidField("/h_1985", "%g is no height in metres, datum 1985", *b.H1985)
	}
	if err := textOf("/state", b.State, maxName, false); err != nil {
		return today, err
	}
	if b.On == "" {
		return today, nil
	}
	on, err := geo.ParseDate(b.On)
	if err != nil {
		return today, geo.InvalidField("/on", "%v", err)
	}
	if today.Before(on) {
		return today, geo.InvalidField("/on", "%s has not come yet", on)
	}
	return on, nil
}

// checkInStake serves POST /api/v1/projects/{id}/stakes/{stake}/check-in: a stake was visited in the field. A physical one more than half a metre off
// its line is a moved one 移位桩. If-Match names the version of the stake that was seen: of two who visit it neither writes over what he does not know.
func (s *server) checkInStake(w http.ResponseWriter, r *http.Request) error {
	id, err := s.seen(r)
	if err != nil {
		return err
	}
	which, err := pathPart(r, "stake", "stake")
	if err != nil {
		return err
	}
	saw, err := tagged(r, "version of the stake that you saw", "the project's stakes gives it as version")
	if err != nil {
		return err
	}
	var b sentVisit
	once, err := readSent(w, r, maxVisitBytes, &b)
	if err != nil {
		return err
	}
	on, err := b.check(s.Extent, geo.DateOf(s.Now()))
	if err != nil {
		return err
	}
	kept, err := s.keepPhoto(r.Context(), id, project.StakeBase{Stake: which, Version: saw}, b, on)
	if err != nil {
		return err
	}
	made, replayed, err := s.writeStakes(r.Context(), id, project.StakeBase{Stake: which, Version: saw}, func(p project.Subject, _ []demarc.Stake) (project.StakeWrite, error) {
		return visited(p, which, b, on, kept)
	}, once)
	if err != nil {
		return err
	}
	return s.writeStake(w, r, made.Project, which, replayed)
}

// writeStake answers a visit with the stake as it stands now.
func (s *server) writeStake(w http.ResponseWriter, r *http.Request, of, which int64, replayed bool) error {
	_, now, err := s.Store.ProjectStakes(r.Context(), actorOf(r.Context()), of)
	if err != nil {
		return err
	}
	k, err := stakeOf(now, which)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etagOf(k.Version))
	return writeDone(w, http.StatusOK, replayed, stakeBodyOf(k))
}

func visited(p project.Subject, which int64, b sentVisit, on geo.Date, kept string) (project.StakeWrite, error) {
	k, err := stakeOf(p.Around.Stakes, which)
	if err != nil {
		return project.StakeWrite{}, err
	}
	in, err := stake.CheckIn(p.Stretch, gate.Drawn(p), k.Stake, stake.Visit{Lon: *b.Lon, Lat: *b.Lat, H1985: b.H1985, Kind: b.Kind})
	if err != nil {
		return project.StakeWrite{}, renamedFields(err, map[string]string{"position": "/lon", "kind": "/kind"})
	}
	if on.Before(k.CheckedOn) {
		return project.StakeWrite{}, geo.FieldErrorf(geo.CodeRefused, "/on", "%s was visited on %s since: what was found on %s is older, and changes nothing of it", k.Name, k.CheckedOn, on)
	}
	k.Stake, k.OffsetM, k.CheckedOn = in.Stake, new(centimetres(in.OffsetM)), on
	k.MapSheet = stake.MapSheet(k.Lon, k.Lat)
	if k.InstalledOn.IsZero() && k.Kind != demarc.Electronic {
		k.InstalledOn = on
	}
	if b.State != "" {
		k.State = b.State
	}
	if kept != "" {
		k.PhotoSHA256 = kept
	}
	return project.StakeWrite{Put: []project.Stake{k}, Visit: on}, nil
}

// keepPhoto keeps the pixels of a visit's photo, and nothing that its camera wrote beside them. It is kept before the visit is written, so that no stake
// tells of a photo that is not there; what would be refused anyway is refused before, and a photo that no stake names in the end counts among the
// files that its sender left lying.
func (s *server) keepPhoto(ctx context.Context, id int64, of project.StakeBase, b sentVisit, on geo.Date) (sha string, err error) {
	if len(b.Photo) == 0 {
		return "", nil
	}
	by := actorOf(ctx)
	switch {
	case !by.Has(access.Planner):
		return "", geo.Errorf(geo.CodeForbidden, "a visit with its photo is written by a planner")
	case s.Files == nil:
		return "", geo.Errorf(geo.CodeUnavailable, "this server keeps no files")
	}
	if err := s.Store.MayPlan(ctx, by, id); err != nil {
		return "", err
	}
	subject, err := s.Store.Subject(ctx, by, id)
	if err != nil {
		return "", err
	}
	if k, err := stakeOf(subject.Around.Stakes, of.Stake); err == nil && k.Version != of.Version {
		return "", nil // it is stale, or was written before: the store says which
	}
	if err := s.Store.RoomForFile(ctx, by); err != nil {
		return "", err
	}
	err = s.engine.do(ctx, func(context.Context) error {
		_, err := visited(subject, of.Stake, b, on, "")
		return err
	})
	if err != nil {
		return "", err
	}
	var size int64
	err = s.photos.do(ctx, func(ctx context.Context) error {
		clean, err := photo.Clean(ctx, b.Photo)
		if err != nil {
			return geo.AtField(err, "/photo")
		}
		sha, size, err = s.Files.Keep(ctx, bytes.NewReader(clean.Bytes), 4*photo.MaxBytes)
		return err
	})
	if err != nil {
		return "", err
	}
	return sha, s.Store.FileSent(ctx, by, sha, size)
}

// stakePhoto serves GET /api/v1/projects/{id}/stakes/{stake}/photo: the photo of the last visit.
func (s *server) stakePhoto(w http.ResponseWriter, r *http.Request) error {
	k, _, err := s.stake(r)
	if err != nil {
		return err
	}
	if k.PhotoSHA256 == "" || s.Files == nil {
		return geo.NotFoundField("stake", "no photo was taken of %s", k.Name)
	}
	f, err := s.Files.Open(r.Context(), k.PhotoSHA256)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	var head [4]byte
	if n, _ := f.Read(head[:]); n == 4 && string(head[1:]) == "PNG" { //nolint:errcheck // a shorter file is none
		h.Set("Content-Type", "image/png")
	}
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+k.PhotoSHA256+`"`)
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

// stake gives the stake of a path, with its project's others.
func (s *server) stake(r *http.Request) (project.Stake, project.Subject, error) {
	subject, err := s.subject(r)
	if err != nil {
		return project.Stake{}, subject, err
	}
	which, err := pathPart(r, "stake", "stake")
	if err != nil {
		return project.Stake{}, subject, err
	}
	k, err := stakeOf(subject.Around.Stakes, which)
	return k, subject, err
}

// stakeTable serves GET /api/v1/projects/{id}/stakes/table.csv and table.xlsx: the stake table 界桩成果表 as it is printed.
func (s *server) stakeTable(xlsx bool) handlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		subject, err := s.subject(r)
		if err != nil {
			return err
		}
		return s.handOver(w, r, subject, map[bool]string{true: "table.xlsx", false: "table.csv"}[xlsx], func(ctx context.Context, out *bytes.Buffer, p project.Package) error {
			return s.Packages.StakeTable(ctx, out, p, xlsx)
		})
	}
}

// stakeCertificate serves GET /api/v1/projects/{id}/stakes/{stake}/certificate.xlsx: the certificate by which a stake is handed over 移交证书.
func (s *server) stakeCertificate(w http.ResponseWriter, r *http.Request) error {
	k, subject, err := s.stake(r)
	if err != nil {
		return err
	}
	subject.Around.Stakes = []project.Stake{k}
	return s.handOver(w, r, subject, fmt.Sprintf("certificate-%d.xlsx", k.ID), func(ctx context.Context, out *bytes.Buffer, p project.Package) error {
		return s.Packages.Certificates(ctx, out, p)
	})
}

// handOver answers with a file that is made of a project.
func (s *server) handOver(w http.ResponseWriter, r *http.Request, subject project.Subject, name string, write func(context.Context, *bytes.Buffer, project.Package) error) error {
	if s.Packages == nil {
		return geo.Errorf(geo.CodeUnavailable, "this server writes no files of results")
	}
	var out bytes.Buffer
	err := s.engine.do(r.Context(), func(ctx context.Context) error {
		p, err := s.packageOf(ctx, subject)
		if err != nil {
			return err
		}
		return write(ctx, &out, p)
	})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", map[string]string{
		"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "zip": "application/zip",
	}[name[strings.LastIndex(name, ".")+1:]])
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Cookie, Authorization")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(out.Bytes()))
	return nil
}
