// Package gdal runs GDAL's tools in a child process that has no network, little memory and little time, and knows no driver but those it
// needs: the drivers are C and C++ that parse what strangers wrote.
package gdal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hetu/geo"
)

// The limits of the child process.
const (
	Memory   = 1 << 30 // address space
	CPU      = 120     // seconds
	Files    = 64
	File     = 256 << 20 // bytes of a file it may write
	Time     = 5 * time.Minute
	MaxProbe = 1 << 20 // bytes of a description

	maxStderr = 64 << 10 // bytes kept of what it complains
)

// Child runs GDAL's tools. Each run is a process that can read one sandbox and talk to nobody: drivers but the one needed are
// switched off, the environment is empty, memory, time and files are limited by prlimit, and as root it is another user in a
// network of its own. Anything it writes to standard error refuses the file: GDAL goes on after half a row and says so there.
type Child struct {
	Tools   string // folder of the tools
	Dir     string // where it may write: its working and temporary folder
	Root    bool   // this process is root's, and the child becomes nobody
	Time    time.Duration
	Env     []string // beside what every run has
	Writing bool     // it writes a file of ours, and reads none of a stranger's
	Skip    string   // the drivers that are switched off
}

// Nobody is the user that a child of root becomes: the number that Linux gives to what has no user.
const Nobody = 65534

// New prepares runs that know some drivers, and CSV to write with. A driver without a name is none.
func New(ctx context.Context, tools, dir string, drivers ...string) (*Child, error) {
	if tools == "" {
		tools = "/usr/bin"
	}
	c := &Child{Tools: tools, Dir: dir, Root: os.Geteuid() == 0, Time: Time}
	if _, err := os.Stat(filepath.Join(tools, "ogr2ogr")); err != nil {
		return nil, geo.Wrapf(err, geo.CodeUnavailable, "reading files needs ogr2ogr in %s: install gdal-bin", tools)
	}
	var out bytes.Buffer
	if err := c.Run(ctx, nil, Limit(&out, MaxProbe), "ogrinfo", "--formats"); err != nil {
		return nil, err
	}
	found := map[string]bool{"": true}
	var skip []string
	for line := range strings.Lines(out.String()) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), " -")
		if !ok || !strings.Contains(rest, "-") {
			continue
		}
		if slices.Contains(drivers, name) {
			found[name] = true
		} else if name != "CSV" {
			skip = append(skip, name)
		}
	}
	for _, driver := range drivers {
		if !found[driver] {
			return nil, geo.Errorf(geo.CodeUnavailable, "the installed GDAL has no driver %q", driver)
		}
	}
	c.Skip = strings.Join(skip, ",")
	return c, nil
}

// Run starts a tool, writes its standard output to out, and refuses what it complains about.
func (c *Child) Run(ctx context.Context, in io.Reader, out io.Writer, tool string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, c.Time)
	defer cancel()
	complaints := &tail{}
	start := func(attr *syscall.SysProcAttr) (*exec.Cmd, error) {
		//nolint:gosec // G204: the tool is one of four names of ours, its arguments are no shell's
		cmd := exec.CommandContext(ctx, "/usr/bin/prlimit", append(limits(), append([]string{"--", filepath.Join(c.Tools, tool)}, args...)...)...)
		cmd.Dir, cmd.Env = c.Dir, c.env()
		cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, complaints
		cmd.SysProcAttr, cmd.WaitDelay = attr, 2*time.Second
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // with what it started itself
		return cmd, cmd.Start()
	}
	// The death signal is bound to the thread that forked.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd, err := start(c.attr(true))
	if errors.Is(err, syscall.EPERM) && c.Root {
		// Root of a container may not make namespaces; the drivers that use a network are switched off all the same.
		cmd, err = start(c.attr(false))
	}
	if err != nil {
		return geo.Wrapf(err, geo.CodeUnavailable, "%s cannot be started in %s; the folder must be open to other users when hetu runs as root", tool, c.Dir)
	}
	return c.verdict(ctx, tool, cmd.Wait(), complaints)
}

func (c *Child) verdict(ctx context.Context, tool string, err error, complaints *tail) error {
	switch {
	case c.Writing:
		return c.written(ctx, tool, err, complaints)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return geo.Errorf(geo.CodeRefused, "the file could not be read within %s", c.Time)
	case ctx.Err() != nil:
		return ctx.Err()
	}
	if text := complaints.text(c.Dir); text != "" {
		return geo.Errorf(geo.CodeRefused, "GDAL complains about the file, so nothing of it is taken: %s", text)
	}
	if e, ok := errors.AsType[*geo.Error](err); ok {
		return e
	}
	if err != nil {
		return geo.Wrapf(err, geo.CodeRefused, "%s gave up on the file: it is broken or asks for more than %d MB of memory or %d s of time", tool, Memory>>20, CPU)
	}
	return nil
}

// written is the verdict on a file of ours: what goes wrong is not the file's fault, but that of a text or of this machine.
func (c *Child) written(ctx context.Context, tool string, err error, complaints *tail) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	if text := complaints.text(c.Dir); text != "" {
		return geo.Errorf(geo.CodeRefused, "GDAL complains, so nothing is written: %s", text)
	}
	if err != nil {
		return geo.Wrapf(err, geo.CodeUnavailable, "%s could not write the file within %d MB of memory and %s", tool, Memory>>20, c.Time)
	}
	return nil
}

func (c *Child) attr(ownNetwork bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if c.Root {
		a.Credential = &syscall.Credential{Uid: Nobody, Gid: Nobody, NoSetGroups: false}
		if ownNetwork {
			a.Cloneflags = syscall.CLONE_NEWNET
		}
	}
	return a
}

func limits() []string {
	return []string{
		"--as=" + strconv.Itoa(Memory), "--cpu=" + strconv.Itoa(CPU), "--nofile=" + strconv.Itoa(Files),
		"--fsize=" + strconv.Itoa(File), "--core=0",
	}
}

// env is all that the child knows. Text comes out as the file has it (no decoding by the driver), numbers in spreadsheets as
// written, and what could reach out is told not to. With an untrusted schema SQLite lets no view or generated column of the file
// call functions or virtual tables that reach beyond the file.
func (c *Child) env() []string {
	env := []string{
		"LC_ALL=C.UTF-8", "OGR_SKIP=" + c.Skip, "CPL_TMPDIR=" + c.Dir, "OGR_XLSX_HEADERS=FORCE", "OGR_XLSX_FIELD_TYPES=STRING",
		"PROJ_NETWORK=OFF", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS={none}", "GDAL_HTTP_MAX_RETRY=0", "GDAL_DISABLE_READDIR_ON_OPEN=FALSE",
		"GDAL_NUM_THREADS=1", "OSM_USE_CUSTOM_INDEXING=NO", "OSM_COMPRESS_NODES=YES", "SHAPE_RESTORE_SHX=NO", "GDAL_DRIVER_PATH=disable",
		"DXF_MERGE_BLOCK_GEOMETRIES=FALSE", "LIBKML_RESOLVE_STYLE=NO", "OGR_SQLITE_LOAD_EXTENSIONS=", "OGR_SQLITE_PRAGMA=trusted_schema=0", "XDG_CACHE_HOME=" + c.Dir, "HOME=" + c.Dir,
	}
	if !c.Writing { // where it writes, the layer's own encoding holds
		env = append(env, "SHAPE_ENCODING=")
	}
	return append(env, c.Env...)
}

// tail keeps the beginning of what a child complains.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p[:min(len(p), maxStderr-len(t.b))]...)
	return len(p), nil
}

// text is the complaint in one line, each sentence once. Where this machine keeps the file is not told: of a path in the sandbox, which is around the child's
// own folder, the name is left.
func (t *tail) text(dir string) string {
	var lines []string
	said := string(t.b)
	for _, folder := range []string{dir, filepath.Dir(dir)} {
		if len(folder) > 1 { // neither / nor none
			said = strings.NewReplacer(folder+"/", "", folder, "the folder").Replace(said)
		}
	}
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(strings.ToValidUTF8(line, "·"))
		if line != "" && !strings.HasPrefix(line, "->") && !slices.Contains(lines, line) && len(lines) < 8 {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " | ")
}

// Limit passes so many bytes on and refuses the rest.
func Limit(w io.Writer, bytes int) io.Writer { return &limited{w: w, left: bytes} }

// limited passes so many bytes on and refuses the rest.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	l.left -= len(p)
	if l.left < 0 {
		return 0, geo.Errorf(geo.CodeTooLarge, "the file's description is longer than %d bytes", MaxProbe)
	}
	return l.w.Write(p)
}
