//go:build fault

package atlas

import (
	"os"
	"syscall"
)

// faultPoint kills the process, as power loss would, at the point that HETU_FAULT names.
func faultPoint(name string) {
	if os.Getenv("HETU_FAULT") == name {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}
