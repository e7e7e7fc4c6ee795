package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	settingsFile = "hetu.conf"
	includeLine  = "include 'hetu.conf'"
	// identMap is the name that joins pg_hba.conf with pg_ident.conf.
	identMap = "hetu"

	mebibyte = 1 << 20
)

// settings is read after PostgreSQL's own defaults. A site can overrule any of
// it with ALTER SYSTEM; what must hold for safety stands on the command line.
const settings = `# Written by hetu at every start: change settings with ALTER SYSTEM instead.
shared_buffers = %dMB
effective_cache_size = %dMB
work_mem = 16MB
maintenance_work_mem = 128MB
max_connections = 100
superuser_reserved_connections = 5
random_page_cost = 1.1
# Compiling a plan costs more than the short queries here take.
jit = off
synchronous_commit = on
wal_level = replica
max_wal_senders = 4
# A fixed bound, so that the disk guard knows what the log can take.
max_wal_size = 1GB
min_wal_size = 80MB
# A query whose client has gone is cancelled.
client_connection_check_interval = 5s
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = off
log_destination = 'stderr'
log_line_prefix = '%%m [%%p] %%q%%u@%%d '
# No statement and no row value enters the log: it may be a person's number.
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
`

// writeSettings brings the server's configuration files up to date.
func writeSettings(pg string, runAs account) error {
	memory, err := totalMemory()
	if err != nil {
		return err
	}
	files := map[string]string{
		settingsFile:    fmt.Sprintf(settings, sharedBuffers(memory)/mebibyte, max(memory/2, 64*mebibyte)/mebibyte),
		"pg_hba.conf":   hbaFile(),
		"pg_ident.conf": identFile(runAs.osUsers()),
	}
	for name, content := range files {
		if err = writeFile(filepath.Join(pg, name), []byte(content), 0o600, runAs); err != nil {
			return fmt.Errorf("write the database's settings: %w", err)
		}
	}
	name := filepath.Join(pg, "postgresql.conf")
	main, err := readFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the database's settings: %w", err)
	}
	for line := range bytes.Lines(main) {
		if strings.TrimSpace(string(line)) == includeLine {
			return nil
		}
	}
	if err := writeFile(name, append(main, "\n"+includeLine+"\n"...), 0o600, runAs); err != nil {
		return fmt.Errorf("write the database's settings: %w", err)
	}
	return nil
}

// sharedBuffers is small on purpose: tiles come from hetu's own memory, and the
// kernel caches the database's files as well.
func sharedBuffers(memory uint64) uint64 {
	return min(max(memory/8, 32*mebibyte), 256*mebibyte)
}

func totalMemory() (uint64, error) {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0, fmt.Errorf("read the size of the memory: %w", err)
	}
	return info.Totalram * uint64(info.Unit), nil
}

func hbaFile() string {
	// No line for TCP: without one every such connection is refused, even if
	// somebody opened a port.
	var text strings.Builder
	text.WriteString("# Written by hetu at every start.\n")
	for _, role := range roles() {
		fmt.Fprintf(&text, "local all %s peer map=%s\n", role, identMap)
	}
	fmt.Fprintf(&text, "local replication %s peer map=%s\n", Backup, identMap)
	return text.String()
}

func identFile(osUsers []string) string {
	var text strings.Builder
	text.WriteString("# Written by hetu at every start: which account may be which role.\n")
	for _, osUser := range osUsers {
		for _, role := range roles() {
			fmt.Fprintf(&text, "%s \"%s\" %s\n", identMap, strings.ReplaceAll(osUser, `"`, `""`), role)
		}
	}
	return text.String()
}
