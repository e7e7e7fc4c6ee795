package ingest

import (
	"math"
	"slices"
)

// markSlips finds the number with one digit too many or too few, which published tables have: a value that lies far from the
// others and among them once it is divided or multiplied by ten. It looks at the coordinates as they were written.
func (j *job) markSlips() {
	for axis := range 2 {
		low, high, ok := j.bulk(axis)
		if !ok {
			continue
		}
		j.eachShape(func(at *row) {
			at.shape.each(func(p []float64) {
				if at.fault == nil && slipped(p[axis], low, high) {
					at.fault = sayf("the coordinate %s looks ten times off: the others lie between %s and %s", "坐标 %s 似乎差了十倍:其余在 %s 与 %s 之间", num(p[axis]), num(low), num(high))
				}
			})
			if at.fault == nil {
				at.fault = leap(at.shape, axis)
			}
		})
	}
}

// bulk gives the range of the middle eight tenths of an axis; ok is false with too few values to speak of.
func (j *job) bulk(axis int) (low, high float64, ok bool) {
	var values []float64
	j.eachShape(func(at *row) {
		// The ends of a line stand for it: a long line must not outvote the others.
		n, stride := len(at.shape.flat), at.shape.layout.Stride()
		values = append(values, at.shape.flat[axis], at.shape.flat[n-stride+axis])
	})
	if len(values) < 10 {
		return 0, 0, false
	}
	slices.Sort(values)
	return values[len(values)/10], values[len(values)-1-len(values)/10], true
}

// slipped tells whether v is ten times, or a tenth of, what lies in the range, and far out of it itself.
func slipped(v, low, high float64) bool {
	span := math.Max(high-low, math.Abs(high)/1000)
	if v > low-3*span && v < high+3*span {
		return false
	}
	among := func(w float64) bool { return w >= low-span/10 && w <= high+span/10 }
	return among(v/10) || among(v*10)
}

// leap finds a vertex whose coordinate is about ten times its neighbour's while the other coordinate hardly changes.
func leap(s *shape, axis int) *Sentence {
	stride := s.layout.Stride()
	for _, line := range s.lines() {
		for i := stride; i+stride <= len(line); i += stride {
			a, b := math.Abs(line[i-stride+axis]), math.Abs(line[i+axis])
			c, d := math.Abs(line[i-stride+1-axis]), math.Abs(line[i+1-axis])
			ratio := math.Max(a, b) / math.Min(a, b)
			if ratio > 8 && ratio < 12 && math.Max(a, b) > 20 && math.Abs(c-d) < 0.05*math.Max(c, d) {
				return sayf("from vertex %d to %d a coordinate leaps from %s to %s: one looks ten times off", "第 %d 到第 %d 个顶点坐标由 %s 跳到 %s,其一似乎差了十倍", i/stride, i/stride+1, num(line[i-stride+axis]), num(line[i+axis]))
			}
		}
	}
	return nil
}
