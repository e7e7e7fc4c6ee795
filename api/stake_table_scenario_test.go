package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"hetu/geo"
)

// stakeTable is what a table that was sent is answered with.
type stakeTable struct {
	SHA256       string
	Rows         int
	CRS          struct{ Value, How string }
	Guesses      []struct{ Zh, En string }
	New, Changed []string
	Unchanged    int
	Stored       bool
	problemBody
}

// rows gives the rows that a problem tells of, in its order.
func (s stakeTable) rows() string {
	var out []string
	for _, e := range s.Errors {
		out = append(out, e.Pointer)
	}
	return strings.Join(out, ", ")
}

const csvType, xlsxType = "Content-Type: text/csv", "Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// sent sends a table of stakes.
func (s *shore) sent(t *testing.T, key, at, query, kind string, table []byte) (int, stakeTable) {
	t.Helper()
	var out stakeTable
	resp := s.call(t, key, http.MethodPost, at+"/stakes/table"+query, table, &out, kind, s.revision(t, at))
	return resp.StatusCode, out
}

// edited gives a CSV table with some of its rows, from 1 below the head, changed.
func edited(t *testing.T, table []byte, change func(n int, cells []string)) []byte {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(table))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 10 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	for i := 2; i < len(rows); i++ {
		change(i-1, rows[i])
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// editedBook is edited for XLSX.
func editedBook(t *testing.T, table []byte, change func(n int, cells []string)) []byte {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(table))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	sheet := book.GetSheetName(0)
	rows, err := book.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	head := slices.IndexFunc(rows, func(cells []string) bool { return len(cells) > 5 && slices.Contains(cells, "X") })
	for i := head + 1; i < len(rows); i++ {
		before := slices.Clone(rows[i])
		change(i-head, rows[i])
		for c, v := range rows[i] {
			if v == before[c] {
				continue
			}
			cell, err := excelize.CoordinatesToCellName(c+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := book.SetCellStr(sheet, cell, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// slipped makes the three slips of scenario 24: the axes of row 3, the zone's number in row 5, X of row 7 ten times off.
func slipped(n int, cells []string) {
	switch n {
	case 3:
		cells[5], cells[6] = cells[6], cells[5]
	case 5:
		cells[6] = "37" + cells[6]
	case 7:
		cells[5] = strings.Replace(cells[5], ".", "0.", 1)
	}
}

// Scenario 24: tables of stakes as CSV and XLSX with X and Y swapped in one row, the prefix of zone 37 in one, and one value ten times off: all three are told with
// their rows, of degrees and metres together and of metres alone, and nothing is stored, nor is anything before the yes. The clean table, confirmed, is stored.
func TestScenario_24(t *testing.T) {
	t.Parallel()
	c := plainCourse(bankTops(30)...)
	c.lon = 110.95
	s := newShore(t, c)
	at, _ := s.drawn(t)
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, at))
	table := s.file(t, s.planner, at+"/stakes/table.csv")
	book := s.file(t, s.planner, at+"/stakes/table.xlsx")
	before := s.state(t, at)
	metres := func(change func(int, []string)) func(int, []string) {
		return func(n int, cells []string) {
			cells[3], cells[4] = "", ""
			if change != nil {
				change(n, cells)
			}
		}
	}
	tests := []struct {
		name, query, kind, rows string
		table                   []byte
		words                   []string
	}{
		{"CSV", "", csvType, "row 3, row 5, row 7", edited(t, table, slipped), []string{"X and Y are swapped in this row", "Y is that of EPSG:4525", "X looks ten times off"}},
		{"XLSX", "", xlsxType, "row 3, row 5, row 7", editedBook(t, book, slipped), []string{"X and Y are swapped in this row", "Y is that of EPSG:4525", "X looks ten times off"}},
		{"metres alone, swapped", "?zone=4546", csvType, "row 3", edited(t, table, metres(oneSlip(3))), []string{"swapped"}},
		{"metres alone, with the zone's number", "?zone=4546", csvType, "row 5", edited(t, table, metres(oneSlip(5))), []string{"easting"}},
		{"metres alone, without the number that the zone has", "?zone=4525", csvType, "row 1", edited(t, table, metres(nil)), []string{"row 1: the easting does not begin with the zone's number, as those of EPSG:4525 do; those of EPSG:4546 have none: name it with zone"}},
		{"metres alone, no zone", "", csvType, "row 1", edited(t, table, metres(nil)), []string{"may be of EPSG:", "EPSG:4546 (111E)", "with zone"}},
		{"a book as text", "", csvType, "", book, []string{"sent as text/csv"}},
		{"text as a book", "", xlsxType, "", table, []string{"is no XLSX workbook"}},
		{"no column of names", "", csvType, "", bytes.Replace(table, []byte("桩名"), []byte("甲"), 1), []string{"give a column one of these headings"}},
		{"metres alone, ten times off", "?zone=4546", csvType, "row 7", edited(t, table, metres(oneSlip(7))), []string{"coordinate"}},
	}
	for _, tt := range tests {
		status, told := s.sent(t, s.planner, at, tt.query, tt.kind, tt.table)
		text, _ := json.Marshal(told.Errors) //nolint:errchkjson // of two strings each
		if status != http.StatusUnprocessableEntity || told.rows() != tt.rows && !(len(told.Errors) == 0 && strings.Contains(told.Detail, tt.rows)) {
			t.Errorf("%s: %d %s: %s", tt.name, status, told.Detail, text)
		}
		if strings.Contains(string(text)+told.Detail, "--") || strings.Count(told.Detail, "EPSG:") > 12 {
			t.Errorf("%s: told as on the command line: %s %s", tt.name, told.Detail, text)
		}
		for _, w := range tt.words {
			if !strings.Contains(string(text)+told.Detail, w) {
				t.Errorf("%s: %q is not said: %s %s", tt.name, w, told.Detail, text)
			}
		}
	}
	s.askedFirst(t, at, table, before)
	s.stored(t, at, table, before)
}

func sha256Of(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// oneSlip makes the one slip of a row.
func oneSlip(row int) func(int, []string) {
	return func(n int, cells []string) {
		if n == row {
			slipped(n, cells)
		}
	}
}

// state is all that a project has, as text: what is unchanged is equal.
func (s *shore) state(t *testing.T, at string) string {
	t.Helper()
	var p, stakes, commits json.RawMessage
	s.must(t, s.planner, http.MethodGet, at, nil, &p)
	s.must(t, s.planner, http.MethodGet, at+"/stakes", nil, &stakes)
	s.must(t, s.planner, http.MethodGet, at+"/commits", nil, &commits)
	version, err := s.store.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s\n%s\n%s\n%d", p, stakes, commits, version)
}

// askedFirst sends tables that can be read, and whose changes are told and not made.
func (s *shore) askedFirst(t *testing.T, at string, table []byte, before string) {
	t.Helper()
	swapped := edited(t, table, func(_ int, cells []string) { cells[5], cells[6] = cells[6], cells[5] })
	if status, told := s.sent(t, s.planner, at, "", csvType, swapped); status != http.StatusOK || told.Stored || len(told.Guesses) != 1 || !strings.Contains(told.Guesses[0].En, "from row 1 on") || told.Unchanged != told.Rows {
		t.Errorf("all swapped: %d %+v", status, told)
	}
	changed := edited(t, table, func(n int, cells []string) {
		if n == 2 {
			cells[7] = "12.34"
		}
	})
	status, told := s.sent(t, s.planner, at, "", csvType, changed)
	if status != http.StatusOK || told.Stored || len(told.Changed) != 1 || len(told.New) != 0 || told.CRS.Value != "EPSG:4546" && !strings.Contains(told.CRS.Value, "4546") {
		t.Errorf("a height: %d %+v", status, told)
	}
	for who, tt := range map[string]struct {
		key, query, kind string
		body             []byte
		status           int
	}{
		"another table's hash": {s.planner, "?confirm=" + strings.Repeat("a", 64), csvType, changed, http.StatusConflict},
		"no hash":              {s.planner, "?confirm=yes", csvType, changed, http.StatusBadRequest},
		"a zone that is none":  {s.planner, "?zone=x", csvType, changed, http.StatusBadRequest},
		"JSON":                 {s.planner, "", "Content-Type: application/json", []byte(`{}`), http.StatusUnsupportedMediaType},
		"no table":             {s.planner, "", csvType, []byte("\x00\x01\x02"), http.StatusUnprocessableEntity},
		"no book":              {s.planner, "", xlsxType, []byte("PK\x03\x04 no book"), http.StatusUnprocessableEntity},
		"another river's":      {s.planner, "", csvType, bytes.ReplaceAll(table, []byte("示例河-"), []byte("别的河-")), http.StatusUnprocessableEntity},
		"a reviewer":           {s.reviewer, "?confirm=" + told.SHA256, csvType, changed, http.StatusForbidden},
		"a reviewer, before what he sends is looked at": {s.reviewer, "?confirm=yes", "Content-Type: application/json", []byte(`{}`), http.StatusForbidden},
		"too many rows":             {s.planner, "", csvType, bytes.Repeat([]byte("1,2\n"), 6000), http.StatusRequestEntityTooLarge},
		"a planner of county B":     {s.stranger, "", csvType, changed, http.StatusNotFound},
		"the public":                {"", "?confirm=" + told.SHA256, csvType, changed, http.StatusNotFound},
		"what is stored, once more": {s.planner, "?confirm=" + sha256Of(table), csvType, table, http.StatusConflict},
	} {
		if status, told := s.sent(t, tt.key, at, tt.query, tt.kind, tt.body); status != tt.status {
			t.Errorf("%s: %d %+v", who, status, told)
		}
	}
	if now := s.state(t, at); now != before {
		t.Errorf("something was stored before it was confirmed:\n%s\nwas\n%s", now, before)
	}
}

// stored sends a clean table with a height, a physical stake and a new one, and confirms it.
func (s *shore) stored(t *testing.T, at string, table []byte, before string) {
	t.Helper()
	stakes := s.stakesOf(t, at)
	highest := 0
	for _, k := range stakes {
		if k.Bank == geo.Left {
			highest = max(highest, k.Number)
		}
	}
	added := fmt.Sprintf("示例河-左%03d", highest+1)
	var second, fourth string
	clean := edited(t, table, func(n int, cells []string) {
		switch n {
		case 2:
			cells[7], second = "12.34", cells[0]
		case 4:
			cells[8], fourth = "实体桩", cells[0]
		}
	})
	// One more on the left bank, where its first stands already.
	for _, row := range tableOf(t, table) {
		if strings.HasSuffix(row[0], "左001") {
			row[0] = added
			clean = append(clean, []byte(strings.Join(row, ",")+"\n")...)
		}
	}
	status, told := s.sent(t, s.planner, at, "", csvType, clean)
	if status != http.StatusOK || !slices.Equal(told.New, []string{added}) || !slices.Equal(told.Changed, []string{second, fourth}) || told.Unchanged != len(stakes)-2 {
		t.Fatalf("told: %d %+v", status, told)
	}
	if now := s.state(t, at); now != before {
		t.Errorf("something was stored before it was confirmed")
	}
	status, done := s.sent(t, s.planner, at, "?confirm="+told.SHA256, csvType, clean)
	if status != http.StatusCreated || !done.Stored || !slices.Equal(done.New, told.New) || !slices.Equal(done.Changed, told.Changed) {
		t.Fatalf("confirmed: %d %+v", status, done)
	}
	now := s.stakesOf(t, at)
	if len(now) != len(stakes)+1 {
		t.Errorf("%d stakes, were %d", len(now), len(stakes))
	}
	was := map[string]projectStake{}
	for _, k := range stakes {
		was[k.Name] = k
	}
	for _, k := range now {
		old := was[k.Name]
		switch k.Name {
		case second:
			if k.H1985 == nil || *k.H1985 != 12.34 || k.ID != old.ID || k.Lon != old.Lon || k.Lat != old.Lat {
				t.Errorf("the height: %+v, was %+v", k, old)
			}
		case fourth:
			if k.Kind != "physical" || k.ID != old.ID || k.Lon != old.Lon || k.Lat != old.Lat {
				t.Errorf("the physical one: %+v", k)
			}
		case added:
			if k.Bank != geo.Left || k.Number != highest+1 {
				t.Errorf("the new one: %+v", k)
			}
		default:
			if k.ID != old.ID || k.Lon != old.Lon || k.Lat != old.Lat || k.Kind != old.Kind {
				t.Errorf("%+v, was %+v", k, old)
			}
		}
	}
	// A number that was given is not given again by a table either.
	s.must(t, s.planner, http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, was[fourth].ID), nil, nil, s.revision(t, at))
	if status, told := s.sent(t, s.planner, at, "", csvType, clean); status != http.StatusUnprocessableEntity || told.rows() != "row 4" || !strings.Contains(told.Errors[0].Detail, "never given twice") {
		t.Errorf("a number again: %d %+v", status, told)
	}
}
