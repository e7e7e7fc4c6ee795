package api

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// sheet is a table that goes out as CSV or XLSX. A cell is a text, a number, or nil where there is nothing.
type sheet struct {
	name    string
	columns []string
	rows    [][]any
}

// csv writes the table with a byte order mark, without which Excel takes UTF-8 for GBK.
func (s sheet) csv() ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff")
	w := csv.NewWriter(&out)
	w.UseCRLF = true // RFC 4180
	if err := w.Write(s.columns); err != nil {
		return nil, err
	}
	for _, row := range s.rows {
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
	return out.Bytes(), w.Error()
}

// harmless keeps a text from being taken for a formula by who opens the file as a spreadsheet: what is stored is from many hands.
func harmless(text string) string {
	if first, _ := utf8.DecodeRuneInString(text); text != "" && strings.ContainsRune("=+-@＝＋－＠\t\r\n", first) { // the wide ones Excel reads as the narrow
		return "'" + text
	}
	return text
}

// xlsx writes the table as a workbook of one sheet whose first row stays in view. A text is a cell of type text, never a formula.
func (s sheet) xlsx() ([]byte, error) {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	if err := book.SetSheetName("Sheet1", s.name); err != nil {
		return nil, err
	}
	w, err := book.NewStreamWriter(s.name)
	if err != nil {
		return nil, err
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	names := make([]any, len(s.columns))
	for i, c := range s.columns {
		names[i] = c
	}
	for i, row := range append([][]any{names}, s.rows...) {
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
			return nil, err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	out, err := book.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// centimetres rounds metres to what measures are stored to.
func centimetres(m float64) float64 { return math.Round(m*100) / 100 }
