package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/lref"
	"hetu/geo/project"
	"hetu/geo/project/gate"
)

// StakeTables reads stake tables 界桩成果表 that were sent; data/ingest has it.
type StakeTables interface {
	// Read reads a table of a project's stakes, and stores nothing. Each row that cannot be taken is a field of the error, "row 7".
	Read(ctx context.Context, of project.Subject, file []byte, ask project.TableAsk) (project.StakeTable, error)
}

const (
	maxTableBytes = 8 << 20
	maxTableRows  = 5000
	xlsxType      = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	// sameStakeM is how far a row may lie from the stake that it is of and tell the same place: it is printed with 4 decimals.
	sameStakeM = 0.0005
)

// tableReport is what a table would do to the stakes of a project, or did.
type tableReport struct {
	Project   int64           `json:"project_id"`
	Revision  int             `json:"revision"`
	SHA256    string          `json:"sha256"`
	Rows      int             `json:"rows"`
	Encoding  project.Reading `json:"encoding"`
	CRS       project.Reading `json:"crs"`
	Guesses   []project.Words `json:"guesses"`
	Notes     []project.Words `json:"notes"`
	New       []string        `json:"new"`
	Changed   []string        `json:"changed"`
	Unchanged int             `json:"unchanged"`
	Stored    bool            `json:"stored"`
}

// looked ends a write that only looks at what it would do.
type looked struct{}

// Error implements error.
func (looked) Error() string { return "nothing is written before it is confirmed" }

// sendStakeTable serves POST /api/v1/projects/{id}/stakes/table?zone=&confirm=: the stake table comes back from the field. It is read, held against the
// project's lines and stakes, and told what it would do; sent again with the hash that was told, it is stored.
func (s *server) sendStakeTable(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r, "zone", "confirm")
	if err != nil {
		return err
	}
	by := actorOf(r.Context())
	if err := s.Store.MayPlan(r.Context(), by, id); err != nil { // before the table is read, which takes a turn of others
		return err
	}
	subject, err := s.Store.Subject(r.Context(), by, id)
	if err != nil {
		return err
	}
	if s.StakeTables == nil {
		return geo.Errorf(geo.CodeUnavailable, "this server reads no tables")
	}
	ask, confirm, err := s.tableAsk(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r, maxTableBytes, "text/csv", xlsxType)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	out := tableReport{Project: id, SHA256: hex.EncodeToString(sum[:])}
	if confirm != "" && confirm != out.SHA256 {
		return geo.FieldErrorf(geo.CodeConflict, "confirm", "the table is not the one that was looked at: its SHA-256 is %s; send it without confirm first", out.SHA256)
	}
	base := subject.Project.Revision
	if confirm != "" {
		if base, err = tagged(r, "revision that the table was looked at with", "the project, and the answer without confirm, tell it"); err != nil {
			return err
		}
	}
	once, err := onceOf(r, append(body, confirm...))
	if err != nil {
		return err
	}
	var table project.StakeTable
	err = s.engine.do(r.Context(), func(ctx context.Context) (err error) {
		table, err = s.StakeTables.Read(ctx, subject, body, ask)
		return err
	})
	if err != nil {
		return err
	}
	return s.takeTable(w, r, tableSent{table, base, confirm != "", once}, out)
}

// tableAsk reads how a table is to be read.
func (s *server) tableAsk(r *http.Request) (ask project.TableAsk, confirm string, err error) {
	p, err := parseParams(r, "zone", "confirm")
	if err != nil {
		return ask, "", err
	}
	zone, err := p.id("zone")
	if err != nil {
		return ask, "", err
	}
	confirm = p.values.Get("confirm")
	if _, wrong := hex.DecodeString(confirm); wrong != nil || p.values.Has("confirm") && len(confirm) != 2*sha256.Size {
		return ask, "", geo.InvalidField("confirm", "is no SHA-256 in hexadecimal digits: give the one that the table was answered with")
	}
	return project.TableAsk{XLSX: r.Header.Get("Content-Type") == xlsxType, Rows: maxTableRows, Zone: int(min(zone, 1<<30)), Extent: s.Extent, Today: geo.DateOf(s.Now())}, confirm, nil
}

// tableSent is a table that was read, with the revision that it is built on.
type tableSent struct {
	project.StakeTable
	base      int
	confirmed bool
	once      project.Once
}

// takeTable holds a table against what stands, and stores it when it is confirmed.
func (s *server) takeTable(w http.ResponseWriter, r *http.Request, table tableSent, out tableReport) error {
	if len(table.Rows) > maxTableRows {
		return geo.Errorf(geo.CodeTooLarge, "the table has %d rows; at most %d are taken at once", len(table.Rows), maxTableRows)
	}
	out.Rows, out.Encoding, out.CRS = len(table.Rows), table.Encoding, table.CRS
	out.Guesses, out.Notes = append([]project.Words{}, table.Guesses...), append([]project.Words{}, table.Notes...)
	out.New, out.Changed = []string{}, []string{}
	made, replayed, err := s.writeStakes(r.Context(), out.Project, project.StakeBase{Revision: table.base}, func(p project.Subject, taken []demarc.Stake) (project.StakeWrite, error) {
		write, err := tableStakes(p, taken, table.Rows)
		if err != nil {
			return write, err
		}
		out.Revision = p.Project.Revision
		for _, k := range write.Put {
			if k.ID == 0 {
				out.New = append(out.New, k.Name)
			} else {
				out.Changed = append(out.Changed, k.Name)
			}
		}
		out.Unchanged = len(table.Rows) - len(write.Put)
		if !table.confirmed {
			return write, looked{}
		}
		if len(write.Put) == 0 {
			return write, geo.Errorf(geo.CodeConflict, "the table says what is stored already: there is nothing to store")
		}
		return write, nil
	}, table.once)
	switch {
	case errors.Is(err, looked{}):
		return writePrivate(w, http.StatusOK, out)
	case err != nil:
		return err
	}
	out.Stored, out.Revision = true, made.Revision
	if replayed { // which of them were new is not kept
		out.Changed, out.Unchanged = made.Names, out.Rows-len(made.Names)
	}
	return writeDone(w, http.StatusCreated, replayed, out)
}

// tableStakes gives the stakes that rows of a table change or add. A number that was given before and does not stand is given to none.
func tableStakes(p project.Subject, taken []demarc.Stake, rows []project.TableStake) (project.StakeWrite, error) {
	var out project.StakeWrite
	if p.Project.Status != project.Draft {
		return out, geo.Errorf(geo.CodeConflict, "the project is %s, and a table of its stakes is taken while it is a draft: %s", p.Project.Status, tableRemedy(p.Project.Status))
	}
	survey, err := stake.NewSurvey(p.Stretch, gate.Drawn(p))
	if err != nil {
		return out, err
	}
	stands := map[string]project.Stake{}
	for _, k := range p.Around.Stakes {
		stands[k.Name] = k
	}
	refused := &geo.Error{Code: geo.CodeRefused, Msg: "the table does not fit the stakes of the project, so nothing is stored"}
	for _, row := range rows {
		k, isNew, err := tableStake(survey, stands, taken, row)
		if err != nil {
			refused.Fields = append(refused.Fields, geo.Field{Name: "row " + strconv.Itoa(row.Row), Detail: said(err)})
			continue
		}
		if isNew || !sameStake(stands[row.Name], k) {
			out.Put = append(out.Put, k)
		}
	}
	if len(refused.Fields) > 0 {
		refused.Fields = refused.Fields[:min(len(refused.Fields), maxRowsTold)]
		return project.StakeWrite{}, refused
	}
	return out, nil
}

// tableRemedy is [project.Remedy] of a table. Once a project is announced a stake is moved by who visits it, and says so with a photo and a position.
func tableRemedy(s project.Status) string {
	if s == project.Announced {
		return "send each stake that was set elsewhere as a visit, POST stakes/{stake}/check-in; or " + project.Remedy(s)
	}
	return project.Remedy(s)
}

// maxRowsTold bounds how many refused rows a problem lists.
const maxRowsTold = 20

func said(err error) string {
	if e, ok := errors.AsType[*geo.Error](err); ok {
		return e.Msg
	}
	return "cannot be taken"
}

func tableStake(survey *stake.Survey, stands map[string]project.Stake, taken []demarc.Stake, row project.TableStake) (k project.Stake, isNew bool, err error) {
	k, known := stands[row.Name]
	if !known {
		sign := row.Kind == demarc.Sign
		given := func(t demarc.Stake) bool {
			return t.Number == row.Number && (t.Kind == demarc.Sign) == sign && (sign || t.Bank == row.Bank)
		}
		if slices.ContainsFunc(taken, given) {
			return k, true, geo.Errorf(geo.CodeRefused, "%s does not stand, and its number was given before: a number is never given twice, so give it one that is free", row.Name)
		}
		k = project.Stake{Stake: demarc.Stake{Name: row.Name, Number: row.Number, Tier: demarc.Basic, Bank: row.Bank, Why: stake.ByHand}}
	}
	in, err := survey.CheckIn(k.Stake, stake.Visit{Lon: row.Lon, Lat: row.Lat, H1985: row.H1985, Kind: row.Kind})
	if err != nil {
		return k, !known, err
	}
	if row.Place != "" {
		in.Stake.Place = row.Place
	}
	if known && in.ShiftM <= sameStakeM { // place and height as they were given, not as they are printed
		in.Stake.Lon, in.Stake.Lat, in.Stake.MeasureM = k.Lon, k.Lat, k.MeasureM
	}
	if known && printedHeight(k.H1985) == printedHeight(in.Stake.H1985) {
		in.Stake.H1985 = k.H1985
	}
	k.Stake, k.OffsetM = in.Stake, new(centimetres(in.OffsetM))
	k.MapSheet = stake.MapSheet(k.Lon, k.Lat)
	return k, !known, nil
}

// sameStake tells whether a row says of a stake what is stored of it.
func sameStake(was, is project.Stake) bool {
	return was.Kind == is.Kind && printedHeight(was.H1985) == printedHeight(is.H1985) && was.Place == is.Place && lref.Distance(was.Lon, was.Lat, is.Lon, is.Lat) <= sameStakeM
}

// printedHeight is a height as tables print it, to the centimetre; of none it is one that no place has.
func printedHeight(h *float64) float64 {
	if h == nil {
		return -1e4
	}
	return centimetres(*h)
}
