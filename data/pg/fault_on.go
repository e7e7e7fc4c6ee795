//go:build fault

package pg

import (
	"os"
	"strings"
	"syscall"
)

// faultPoint kills the process, as power loss would, at the point that HETU_FAULT names. A server lives longer than one point: the one that it is to
// die at next stands in the file that HETU_FAULT_FILE names, as long as it is there.
func faultPoint(name string) {
	next, _ := os.ReadFile(os.Getenv("HETU_FAULT_FILE")) //nolint:gosec // G304, G703: a test's own file
	if os.Getenv("HETU_FAULT") == name || strings.TrimSpace(string(next)) == name {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}
