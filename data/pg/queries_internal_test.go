package pg

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
)

// A connection that ends in the middle of an answer is for later, not a fault of ours; a stored value that ends too early is.
func TestInterpretBrokenConnection(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		want geo.Code
	}{
		{io.EOF, geo.CodeUnavailable},
		{io.ErrUnexpectedEOF, geo.CodeUnavailable},
		{&net.OpError{Op: "read", Net: "unix", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, geo.CodeUnavailable},
		{&net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}, geo.CodeUnavailable},
		{pgx.ScanArgError{ColumnIndex: 1, FieldName: "geom", Err: io.ErrUnexpectedEOF}, geo.CodeInternal},
		{errors.New("nobody has foreseen"), geo.CodeInternal},
	}
	for _, tt := range tests {
		got := interpret(fmt.Errorf("river_find: %w", tt.err))
		if geo.CodeOf(got) != tt.want || !errors.Is(got, tt.err) {
			t.Errorf("%v is interpreted as %s: %v", tt.err, geo.CodeOf(got), got)
		}
	}
}
