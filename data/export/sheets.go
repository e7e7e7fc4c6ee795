package export

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"hetu/geo"
)

// number is a cell that is a number, printed with so many decimals.
type number struct {
	v        float64
	decimals int
}

func (n number) rounded() float64 {
	p := math.Pow10(n.decimals)
	return math.Round(n.v*p)/p + 0
}

func (n number) String() string { return strconv.FormatFloat(n.rounded(), 'f', n.decimals, 64) }

// Sheet is a table that goes out as CSV or as a sheet of a workbook. A cell is a text, an int, a number with its decimals, or nil.
type Sheet struct {
	Name   string
	Head   [][]string  // one row or two; see merges
	Merges [][2]string // cells of the head that are one: A1, B1
	Rows   [][]any
	breaks []int // rows, counted from 1, behind which a page ends
}

// CSV writes the table in an encoding. What could be taken for a formula is quoted: what is stored is from many hands.
func (s Sheet) CSV(e Encoding) ([]byte, error) {
	var out bytes.Buffer
	if e == UTF8 {
		out.WriteString("\ufeff")
	}
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	for _, head := range s.Head {
		if err := w.Write(head); err != nil {
			return nil, err
		}
	}
	for _, row := range s.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			switch v := v.(type) {
			case nil:
			case string:
				cells[i] = harmless(v)
			default:
				cells[i] = fmt.Sprint(v)
			}
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	w.Flush()
	if err := w.Error(); err != nil || e == UTF8 {
		return out.Bytes(), err
	}
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes(out.Bytes())
	if err != nil {
		return nil, geo.FieldErrorf(geo.CodeRefused, "encoding", "the table %s has a character that GBK does not: write the package in UTF-8", s.Name)
	}
	return b, nil
}

// harmless keeps a text from being taken for a formula by who opens the file as a spreadsheet.
func harmless(text string) string {
	if first, _ := utf8.DecodeRuneInString(text); text != "" && strings.ContainsRune("=+-@＝＋－＠\t\r\n", first) {
		return "'" + text
	}
	return text
}

// Workbook writes sheets into an XLSX file. All times in it are the day's, so that the same tables give the same bytes.
func Workbook(dated geo.Date, sheets ...Sheet) ([]byte, error) {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	for i, s := range sheets {
		if i == 0 {
			if err := book.SetSheetName("Sheet1", s.Name); err != nil {
				return nil, err
			}
		} else if _, err := book.NewSheet(s.Name); err != nil {
			return nil, err
		}
		if err := writeSheet(book, s); err != nil {
			return nil, fmt.Errorf("write the sheet %s: %w", s.Name, err)
		}
	}
	at := dated.Time().Format(time.RFC3339)
	if err := book.SetDocProps(&excelize.DocProperties{Created: at, Modified: at, Creator: "hetu"}); err != nil {
		return nil, err
	}
	out, err := book.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return repack(out.Bytes(), dated)
}

func writeSheet(book *excelize.File, s Sheet) error {
	w, err := book.NewStreamWriter(s.Name)
	if err != nil {
		return err
	}
	styles := map[int]int{}
	for _, row := range s.Rows {
		for _, v := range row {
			if n, ok := v.(number); ok && styles[n.decimals] == 0 {
				format := strings.TrimSuffix("0."+strings.Repeat("0", n.decimals), ".")
				if styles[n.decimals], err = book.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
					return err
				}
			}
		}
	}
	columns := 1
	if len(s.Head) > 0 {
		columns = max(columns, len(s.Head[0]))
		if err = w.SetPanes(&excelize.Panes{Freeze: true, YSplit: len(s.Head), TopLeftCell: fmt.Sprintf("A%d", len(s.Head)+1), ActivePane: "bottomLeft"}); err != nil {
			return err
		}
	}
	if err = w.SetColWidth(1, columns, 17); err != nil {
		return err
	}
	at := 0
	set := func(cells []any) error {
		at++
		return w.SetRow(fmt.Sprintf("A%d", at), cells)
	}
	for _, head := range s.Head {
		cells := make([]any, len(head))
		for i, h := range head {
			cells[i] = h
		}
		if err = set(cells); err != nil {
			return err
		}
	}
	for _, row := range s.Rows {
		cells := make([]any, len(row))
		for i, v := range row {
			cells[i] = v
			if n, ok := v.(number); ok {
				cells[i] = excelize.Cell{StyleID: styles[n.decimals], Value: n.rounded()}
			}
		}
		if err = set(cells); err != nil {
			return err
		}
	}
	for _, m := range s.Merges {
		if err = w.MergeCell(m[0], m[1]); err != nil {
			return err
		}
	}
	if err = w.Flush(); err != nil {
		return err
	}
	for _, row := range s.breaks {
		if err = book.InsertPageBreak(s.Name, fmt.Sprintf("A%d", row+1)); err != nil {
			return err
		}
	}
	return nil
}

// file is a member of an archive.
type file struct {
	name string
	b    []byte
}

// pack writes an archive whose times are all one day, in the order that the members are given in.
func pack(out io.Writer, dated geo.Date, files []file) error {
	z := zip.NewWriter(out)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: dated.Time()})
		if err != nil {
			return err
		}
		if _, err = w.Write(f.b); err != nil {
			return err
		}
	}
	return z.Close()
}

// repack writes an archive anew, by name, the list of its types first.
func repack(b []byte, dated geo.Date) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	var files []file
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		files = append(files, file{f.Name, text})
	}
	const types = "[Content_Types].xml"
	slices.SortFunc(files, func(a, b file) int {
		return cmp.Or(-cmp.Compare(boolInt(a.name == types), boolInt(b.name == types)), cmp.Compare(a.name, b.name))
	})
	var out bytes.Buffer
	if err := pack(&out, dated, files); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
