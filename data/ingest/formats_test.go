package ingest_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"hetu/data/ingest"
	"hetu/data/pgtest"
)

// The formats that ../shared/data has no file of: one layer of our own, written in each by GDAL, comes in the same.
func TestOtherFormats(t *testing.T) {
	t.Parallel()
	const rivers = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"name":"示例河01","code":"R1"},"geometry":{"type":"LineString","coordinates":[[106.4,26.6],[106.45,26.61]]}},
{"type":"Feature","properties":{"name":"示例沟02","code":"R2"},"geometry":{"type":"LineString","coordinates":[[106.5,26.5],[106.45,26.61]]}}]}`
	tests := []struct {
		file, driver string
		args         []string
		with         func(*ingest.Request)
	}{
		{file: "a.fgb", driver: "FlatGeobuf"},
		{file: "a.gpkg", driver: "GPKG"},
		{file: "a.tab", driver: "MapInfo File", args: []string{"-lco", "ENCODING=CP936"}},
		{file: "a.gpx", driver: "GPX", args: []string{"-nlt", "LINESTRING", "-lco", "FORCE_GPX_TRACK=NO", "-select", "name"}, with: layer("routes")},
		{file: "a.csv", driver: "CSV", args: []string{"-lco", "GEOMETRY=AS_WKT"}},
		{file: "a.xlsx", driver: "XLSX", args: []string{"-sql", "SELECT *, ST_AsText(geometry) AS wkt FROM a", "-dialect", "SQLITE"}},
		{file: "a.shp", driver: "ESRI Shapefile", args: []string{"-lco", "ENCODING=GBK"}},
		{file: "a.kml", driver: "LIBKML"},
	}
	db := pgtest.New(t)
	for _, tt := range tests {
		in := write(t, "a.geojson", rivers)
		path := filepath.Join(t.TempDir(), tt.file)
		out, err := exec.CommandContext(t.Context(), "ogr2ogr", append([]string{"-f", tt.driver, path, in}, tt.args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s cannot be written: %v: %s", tt.file, err, out)
		}
		req := request(path, "river")
		req.Source = tt.driver
		if tt.with != nil {
			tt.with(&req)
		}
		report, err := ingest.Run(t.Context(), db.Store, req)
		if err != nil {
			t.Errorf("%s: %v", tt.file, err)
			continue
		}
		if report.Accepted != 2 || report.Network.Nodes != 3 || report.Network.Components != 1 {
			t.Errorf("%s: got %d rows and %+v", tt.file, report.Accepted, *report.Network)
		}
		if n := count(t, db, "SELECT count(*) FROM hetu.river_version WHERE source = $1 AND name IN ('示例河01', '示例沟02')", tt.driver); n != 2 {
			t.Errorf("%s: %d of 2 names are right", tt.file, n)
		}
	}
}
