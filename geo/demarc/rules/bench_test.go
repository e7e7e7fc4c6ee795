package rules_test

import (
	"syscall"
	"testing"

	"hetu/geo"
	"hetu/geo/demarc/rules"
	"hetu/geo/demarc/rules/rulestest"
)

// The bounds are 500 ms for the whole of a boundary of 10,000 vertices and 50 ms for a changed kilometre of it.
func BenchmarkWhole(b *testing.B) {
	c := rulestest.Long(10_000)
	defer processor(b)()
	for b.Loop() {
		findings, err := rules.Check(b.Context(), c.Subject, rules.Options{})
		if err != nil || len(findings) > 0 {
			b.Fatal(len(findings), err)
		}
	}
	b.ReportMetric(float64(c.Vertices()), "vertices")
}

// A kilometre was drawn anew: the lines, the area and its parts are other ones, and the indexes of all else are kept.
func BenchmarkChangedKilometre(b *testing.B) {
	c := rulestest.Long(10_000)
	p, err := rules.Prepare(geo.Patient{}, c.Subject)
	if err != nil {
		b.Fatal(err)
	}
	middle := (c.FromM + c.ToM) / 2
	span := &[2]float64{middle, middle + 1000}
	defer processor(b)()
	for b.Loop() {
		c.Redraw(middle + 500)
		if _, err := p.Redrawn(c.Lines, c.Area, c.Parts).Check(b.Context(), rules.Options{Range: span}); err != nil {
			b.Fatal(err)
		}
	}
}

// The same where nothing was drawn anew, as when a page asks again.
func BenchmarkPreparedKilometre(b *testing.B) {
	c := rulestest.Long(10_000)
	p, err := rules.Prepare(geo.Patient{}, c.Subject)
	if err != nil {
		b.Fatal(err)
	}
	middle := (c.FromM + c.ToM) / 2
	span := &[2]float64{middle, middle + 1000}
	defer processor(b)()
	for b.Loop() {
		if _, err := p.Check(b.Context(), rules.Options{Range: span}); err != nil {
			b.Fatal(err)
		}
	}
}

// processor tells the time that the process had a processor, for a machine that is shared.
func processor(b *testing.B) func() {
	b.Helper()
	used := func() float64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
	}
	before := used()
	return func() { b.ReportMetric((used()-before)/float64(b.N), "cpu-ms/op") }
}
