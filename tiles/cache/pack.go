package cache

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// packer compresses: hastily for who waits, carefully for all who come later. Equal bytes become equal bytes: no times and no
// names are written.
type packer struct {
	gzip    [2]sync.Pool // of *gzip.Writer: hasty, careful
	zstd    [2]*zstd.Encoder
	unzstd  *zstd.Decoder
	codings [encodings][]string
}

const (
	hasty   = 0
	careful = 1
)

func newPacker(workers int) (*packer, error) {
	p := &packer{codings: [encodings][]string{Gzip: {Gzip.String()}, Zstd: {Zstd.String()}}}
	for i, level := range [2]int{gzip.BestSpeed, 6} {
		if _, err := gzip.NewWriterLevel(io.Discard, level); err != nil {
			return nil, fmt.Errorf("set up gzip: %w", err)
		}
		p.gzip[i].New = func() any {
			w, _ := gzip.NewWriterLevel(io.Discard, level) // the level was tried
			return w
		}
	}
	var err error
	for i, level := range [2]zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedDefault} {
		// A tile is smaller than the window, and the coding's own checksum is one more than HTTP needs.
		if p.zstd[i], err = zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(workers),
			zstd.WithWindowSize(512<<10), zstd.WithEncoderCRC(false)); err != nil {
			return nil, fmt.Errorf("set up zstd: %w", err)
		}
	}
	if p.unzstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(workers), zstd.WithDecoderMaxMemory(64<<20)); err != nil {
		return nil, fmt.Errorf("set up zstd: %w", err)
	}
	return p, nil
}

func (p *packer) hastily(e Encoding, plain []byte) []byte   { return p.compress(e, hasty, plain) }
func (p *packer) carefully(e Encoding, plain []byte) []byte { return p.compress(e, careful, plain) }

func (p *packer) compress(e Encoding, care int, plain []byte) []byte {
	if e == Zstd {
		return bytes.Clone(p.zstd[care].EncodeAll(plain, make([]byte, 0, len(plain))))
	}
	w, _ := p.gzip[care].Get().(*gzip.Writer)
	defer p.gzip[care].Put(w)
	var out bytes.Buffer
	out.Grow(len(plain))
	w.Reset(&out)
	_, _ = w.Write(plain) // a buffer takes all
	_ = w.Close()
	return bytes.Clone(out.Bytes()) // as long as it is, for it is kept
}

func (p *packer) decompress(e Encoding, packed []byte) ([]byte, error) {
	if e == Zstd {
		plain, err := p.unzstd.DecodeAll(packed, nil)
		if err != nil {
			return nil, fmt.Errorf("read a tile's zstd: %w", err)
		}
		return plain, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("read a tile's gzip: %w", err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read a tile's gzip: %w", err)
	}
	return plain, nil
}
