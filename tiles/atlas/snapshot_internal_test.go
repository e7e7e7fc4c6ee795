package atlas

import (
	"sync"
	"testing"
)

// A record that dies while a snapshot is written is written as it was: live, and with the checksum that was counted before.
func TestPiecesGiveRecordsAsTheyWere(t *testing.T) {
	t.Parallel()
	l := &layer{records: []record{{id: 1, diedZoom: live}, {id: 2, diedZoom: live}}}
	var mu sync.RWMutex
	for _, a := range arrays() {
		if a.name != recordsName {
			continue
		}
		read := func() (out []byte) {
			_ = a.pieces(l, &mu, func(b []byte) error {
				out = append(out, b...)
				return nil
			})
			return out
		}
		before := read()
		l.records[1].diedZoom = dead
		if after := read(); string(after) != string(before) || len(after) == 0 || l.records[1].diedZoom != dead {
			t.Errorf("% x, then % x", before, after)
		}
	}
}
