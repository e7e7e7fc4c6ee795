package main_test

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A boundary is drawn, committed, checked, and handed over from the command line; a check that finds blockers exits with 1.
func TestDemarcCommands(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	srv := serve(t, dir)
	run := func(want string, args ...string) string {
		t.Helper()
		out, err := hetu(t, dir, nil, args...)
		if err != nil || !strings.Contains(out, want) {
			t.Fatalf("hetu %s: %v, %s; want %q", strings.Join(args, " "), err, out, want)
		}
		return out
	}
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dataDir(t), name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // G306: the child reads it
			t.Fatal(err)
		}
		return path
	}
	run("", "import", file("divisions.csv", "名称,代码,级别,WKT\n甲县,520181,3,\"POLYGON ((106.3 26.5,106.6 26.5,106.6 26.7,106.3 26.7,106.3 26.5))\"\n"), "--as", "division", "--crs", "EPSG:4490", "--yes")
	run("", "import", file("rivers.csv", "河流名称,河流代码,编码体系,WKT\n示例河,HL0001,local,\"LINESTRING (106.40 26.60,106.41 26.60,106.42 26.60)\"\n"), "--as", "river", "--crs", "EPSG:4490", "--direction", "digitised", "--yes")
	banks := "岸别,类型,河流名称,WKT\n左岸,岸线,示例河,\"LINESTRING Z (106.40 26.6003 0,106.42 26.6003 0)\"\n右岸,岸线,示例河,\"LINESTRING Z (106.40 26.5997 0,106.42 26.5997 0)\"\n"
	run("", "import", file("banks.csv", banks), "--as", "bank_line", "--crs", "EPSG:4490", "--yes")
	var candidate struct {
		Features []struct {
			Geometry   json.RawMessage
			Properties map[string]any
		}
	}
	out := run("FeatureCollection", "demarc", "candidate", "示例河", "--profile", "width-kaiping")
	if err := json.Unmarshal([]byte(out[strings.Index(out, "{"):]), &candidate); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run("", "import", file("valley.csv", "河流名称,WKT\n谷河,\"LINESTRING (106.40 26.56,106.41 26.56,106.42 26.56)\"\n"), "--as", "river", "--crs", "EPSG:4490", "--direction", "digitised", "--yes")
	out = run("design_flood", "demarc", "candidate", "谷河", "--profile", "width-kaiping", "--dem", file("valley.asc", valley()), "--crs", "EPSG:4490", "--level", "K0+000=103", "--level", "K2+100=103")
	if n := strings.Count(out, `"of":"piece"`); n != 2 {
		t.Errorf("a valley that is flooded has %d pieces: %s", n, out)
	}
	out = run("谷湖-004", "demarc", "lake", "谷湖", "--dem", file("valley.asc", valley()), "--crs", "EPSG:4490", "--at", "106.41,26.56", "--level", "103", "--profile", "width-kaiping")
	if !strings.Contains(out, `"width_m":10`) {
		t.Errorf("a lake: %s", out)
	}
	run("", "user", "add", "wang", "--role", "planner")
	key := regexp.MustCompile(`hetu_[a-z0-9]{12}_[A-Za-z0-9_-]+`).FindString(run("hetu_", "user", "key", "wang", "--for", "test", "--role", "planner", "--days", "2"))
	id := beganProject(t, srv.url, key)
	out, err := hetu(t, dir, nil, "demarc", "check", id)
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 || !strings.Contains(out, "G4") { //nolint:errorlint // os/exec gives it bare
		t.Errorf("a project without lines: %v: %s", err, out)
	}
	var changes []map[string]any
	for _, f := range candidate.Features {
		if f.Properties["of"] == "piece" {
			p := map[string]any{"from_m": f.Properties["from_m"], "to_m": f.Properties["to_m"], "basis": f.Properties["basis"], "width_m": f.Properties["width_m"], "source": f.Properties["source"], "geometry": f.Geometry}
			changes = append(changes, map[string]any{"bank": f.Properties["bank"], "from_m": p["from_m"], "to_m": p["to_m"], "pieces": []any{p}})
		}
	}
	sendAs(t, key, http.MethodPost, srv.url+"/api/v1/projects/"+id+"/commits", map[string]any{"note": "x", "changes": changes})
	run("0 findings", "demarc", "check", id, "--json")
	run("示例河-左001", "demarc", "stakes", id, "--place", "stakes-rural")
	placesAsTheServerDoes(t, srv.url+"/api/v1/projects/"+id+"/stakes", key, func() string { return run("", "demarc", "stakes", id, "--place", "stakes-rural", "--json") })
	zipped := filepath.Join(t.TempDir(), "results.zip")
	run("2 pieces", "demarc", "export", id, zipped, "--encoding", "UTF-8")
	z, err := zip.OpenReader(zipped)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	if last := z.File[len(z.File)-1].Name; last != "manifest.json" {
		t.Errorf("the package ends with %s", last)
	}
}

// placesAsTheServerDoes takes a stake of a project away, and holds the stakes that the command would place then against those that the server places: what
// stands stays, and no number is given twice.
func placesAsTheServerDoes(t *testing.T, stakes, key string, place func() string) {
	t.Helper()
	type placing struct {
		IDs   []int64
		Names []string
	}
	send := func(method, url string, body any, revision int) (made placing) {
		if err := json.Unmarshal(sendAs(t, key, method, url, body, revision), &made); err != nil {
			t.Fatal(err)
		}
		return made
	}
	first := send(http.MethodPost, stakes, map[string]any{"profile": "stakes-rural"}, 2)
	send(http.MethodDelete, fmt.Sprintf("%s/%d", stakes, first.IDs[1]), map[string]any{}, 3)
	var told []string
	for line := range strings.Lines(place()) {
		var k struct{ Name string }
		if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &k) == nil {
			told = append(told, k.Name)
		}
	}
	again := send(http.MethodPost, stakes, map[string]any{"profile": "stakes-rural", "replace": true}, 4)
	slices.Sort(told)
	slices.Sort(again.Names)
	if !slices.Equal(told, again.Names) || slices.Contains(told, first.Names[1]) || !slices.Contains(told, first.Names[0]) {
		t.Errorf("the command places %v, the server %v", told, again.Names)
	}
}

// valley is an elevation model (ASC) of ground that rises from 26.56 N on either side, half a metre for each cell of 0.0001 degrees.
func valley() string {
	var b strings.Builder
	const cols, rows = 300, 100
	fmt.Fprintf(&b, "ncols %d\nnrows %d\nxllcorner 106.395\nyllcorner 26.555\ncellsize 0.0001\nNODATA_value -9999\n", cols, rows)
	for row := range rows {
		rise := math.Abs(float64(row)-rows/2+0.5) / 2
		b.WriteString(strings.Repeat(fmt.Sprintf("%.2f ", 100+rise), cols) + "\n")
	}
	return b.String()
}

// sendAs sends JSON with a key.
func sendAs(t *testing.T, key, method, url string, body any, revision ...int) []byte {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("If-Match", fmt.Sprintf("%q", fmt.Sprint(append(revision, 1)[0])))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s: %d %v %s", url, resp.StatusCode, err, answer)
	}
	return answer
}

// beganProject begins a project over the whole of the river, and gives its id.
func beganProject(t *testing.T, url, key string) string {
	t.Helper()
	idOf := func(path, list string) any {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		var answer map[string]json.RawMessage
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		var found []struct{ ID int64 }
		if err := json.Unmarshal(answer[list], &found); err != nil || len(found) == 0 {
			t.Fatalf("%s: %v %s", path, err, answer)
		}
		return found[0].ID
	}
	var made struct {
		ID int64 `json:"project_id"`
	}
	body := map[string]any{
		"name": "示例河划界", "river_id": idOf("/api/v1/rivers?q=%E7%A4%BA%E4%BE%8B%E6%B2%B3", "rivers"), "division_id": idOf("/api/v1/places?q=%E7%94%B2%E5%8E%BF", "places"), "lead_level": 3, "rule_profile": "width-kaiping",
	}
	if err := json.Unmarshal(sendAs(t, key, http.MethodPost, url+"/api/v1/projects", body), &made); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(made.ID)
}
