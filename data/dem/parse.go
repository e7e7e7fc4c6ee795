package dem

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"strconv"
	"strings"

	"hetu/geo"
	"hetu/geo/demarc"
)

// parse reads an ASCII grid.
func parse(in io.Reader) (demarc.DEM, error) {
	words := bufio.NewScanner(in)
	words.Buffer(make([]byte, 0, 4096), 4096)
	words.Split(bufio.ScanWords)
	head, first, err := header(words)
	if err != nil {
		return demarc.DEM{}, err
	}
	out, err := head.model()
	if err != nil {
		return demarc.DEM{}, err
	}
	nodata, none := head["nodata_value"]
	out.Heights = make([]float32, 0, out.Cols*out.Rows)
	for word := first; word != nil && len(out.Heights) < out.Cols*out.Rows; word = nextWord(words) {
		v, err := heightOf(word)
		if err != nil {
			return demarc.DEM{}, err
		}
		if none && v == nodata || math.IsInf(v, 0) || math.Abs(v) > 1e5 {
			v = math.NaN()
		}
		out.Heights = append(out.Heights, float32(v))
	}
	if err := words.Err(); err != nil {
		return demarc.DEM{}, geo.Wrapf(err, geo.CodeRefused, "the grid cannot be read")
	}
	if len(out.Heights) != out.Cols*out.Rows {
		return demarc.DEM{}, geo.Errorf(geo.CodeRefused, "the grid declares %d cells and has %d: it was cut", out.Cols*out.Rows, len(out.Heights))
	}
	return out, nil
}

func heightOf(word []byte) (float64, error) {
	v, err := strconv.ParseFloat(string(word), 64)
	if err != nil {
		return 0, geo.Errorf(geo.CodeRefused, "the grid has a height that is no number: %.20q", word)
	}
	return v, nil
}

// head is the keys of a grid's head, in small letters.
type head map[string]float64

// header reads up to the first height, which it gives too.
func header(words *bufio.Scanner) (h head, first []byte, err error) {
	h = head{}
	for range 12 {
		key := nextWord(words)
		if key == nil {
			break
		}
		if c := key[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || strings.EqualFold(string(key), "nan") {
			return h, bytes.Clone(key), nil
		}
		name := strings.ToLower(string(key))
		value := nextWord(words)
		v, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			return nil, nil, geo.Errorf(geo.CodeRefused, "the head of the grid has no number for %.20q", name)
		}
		h[name] = v
	}
	return nil, nil, geo.Errorf(geo.CodeRefused, "the grid has no heights")
}

func nextWord(words *bufio.Scanner) []byte {
	if !words.Scan() {
		return nil
	}
	return words.Bytes()
}

// model makes the model that the head tells, without its heights.
func (h head) model() (demarc.DEM, error) {
	size := func(key string) (int, bool) {
		v, ok := h[key]
		return int(v), ok && v >= 1 && v <= maxCells && v == math.Trunc(v)
	}
	cols, okCols := size("ncols")
	rows, okRows := size("nrows")
	if !okCols || !okRows || cols > maxCells/rows {
		return demarc.DEM{}, geo.Errorf(geo.CodeRefused, "the grid declares no size, or more than %d cells", maxCells)
	}
	cellX, cellY := h["cellsize"], h["cellsize"]
	if _, ok := h["dx"]; ok {
		cellX, cellY = h["dx"], h["dy"]
	}
	x, okX := h["xllcorner"]
	y, okY := h["yllcorner"]
	if !okX || !okY || !(cellX > 0) || !(cellY > 0) {
		return demarc.DEM{}, geo.Errorf(geo.CodeRefused, "the grid does not say where its corner lies, or how large its cells are")
	}
	return demarc.DEM{X: x, Y: y + float64(rows)*cellY, CellX: cellX, CellY: cellY, Cols: cols, Rows: rows}, nil
}
