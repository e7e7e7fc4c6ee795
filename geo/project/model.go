package project

import "time"

// Model is an elevation model 数字高程模型 that was sent for a project.
type Model struct {
	SHA256     string // of its file
	Bytes      int64
	Name       string
	CRS        string // that was said, as EPSG:4547; "": the file's own
	Datum      string // of its heights
	Source     string
	Cols, Rows int     // of what lies around the project's stretch
	CellM      float64 // about how wide a cell is
	By         string
	At         time.Time
}
