package photo_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"hetu/geo"
	"hetu/geo/demarc/photo"
)

// halves is a picture that is red on its left and blue on its right half, wider than high.
func halves() *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, 64, 32))
	for x := range 64 {
		for y := range 32 {
			c := color.RGBA{R: 255, A: 255}
			if x >= 32 {
				c = color.RGBA{B: 255, A: 255}
			}
			p.Set(x, y, c)
		}
	}
	return p
}

// exif is a JPEG with a camera's notes: how it was held, and a place.
func exif(t *testing.T, held byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, halves(), &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	tiff := []byte{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, held, 0, 0, 0, 0, 0, 0, 0}
	body := append([]byte("Exif\x00\x00"), tiff...)
	body = append(body, "GPSLatitude 26.6 Make SECRETCAM"...)
	segment := []byte{0xFF, 0xE1, 0, 0}
	binary.BigEndian.PutUint16(segment[2:], uint16(len(body)+2))
	b := out.Bytes()
	return append(append(append([]byte{}, b[:2]...), append(segment, body...)...), b[2:]...)
}

func text(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, halves()); err != nil {
		t.Fatal(err)
	}
	data := []byte("tEXtLocation\x00SECRETCAM 26.6")
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)-4))
	chunk = append(chunk, data...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(data))
	b := out.Bytes()
	return append(append(append([]byte{}, b[:33]...), chunk...), b[33:]...)
}

// Nothing but the pixels is kept, turned as the camera was held, and the same bytes give the same bytes.
func TestCleanKeepsPixelsOnly(t *testing.T) {
	t.Parallel()
	red := func(p image.Image, x, y int) bool {
		r, _, b, _ := p.At(x, y).RGBA()
		return r > b
	}
	tests := map[string]struct {
		in            []byte
		kind          string
		width, height int
		redX, redY    int // where it is red
		blueX, blueY  int
	}{
		"upright":               {exif(t, 1), "image/jpeg", 64, 32, 5, 16, 58, 16},
		"upside down":           {exif(t, 3), "image/jpeg", 64, 32, 58, 16, 5, 16},
		"turned left, shown up": {exif(t, 6), "image/jpeg", 32, 64, 16, 5, 16, 58},
		"turned right":          {exif(t, 8), "image/jpeg", 32, 64, 16, 58, 16, 5},
		"mirrored":              {exif(t, 2), "image/jpeg", 64, 32, 58, 16, 5, 16},
		"PNG":                   {text(t), "image/png", 64, 32, 5, 16, 58, 16},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !bytes.Contains(tt.in, []byte("SECRETCAM")) {
				t.Fatal("the picture has no notes to begin with")
			}
			got, err := photo.Clean(t.Context(), tt.in)
			if err != nil {
				t.Fatal(err)
			}
			again, _ := photo.Clean(t.Context(), tt.in)
			if bytes.Contains(got.Bytes, []byte("SECRETCAM")) || bytes.Contains(got.Bytes, []byte("Exif")) {
				t.Error("notes of the camera are left")
			}
			if got.Type != tt.kind || got.Width != tt.width || got.Height != tt.height || len(got.SHA256) != 64 || !bytes.Equal(got.Bytes, again.Bytes) {
				t.Errorf("got %s %d by %d", got.Type, got.Width, got.Height)
			}
			p, _, err := image.Decode(bytes.NewReader(got.Bytes))
			if err != nil {
				t.Fatal(err)
			}
			if !red(p, tt.redX, tt.redY) || red(p, tt.blueX, tt.blueY) {
				t.Error("the picture is turned wrongly")
			}
		})
	}
}

// What is no picture, is cut, or is too large is refused with its kind of fault.
func TestCleanRefuses(t *testing.T) {
	t.Parallel()
	whole := exif(t, 1)
	var moving bytes.Buffer
	if err := gif.Encode(&moving, halves(), nil); err != nil {
		t.Fatal(err)
	}
	deep := func(p image.Image) []byte {
		var out bytes.Buffer
		if err := png.Encode(&out, p); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	small := image.Rect(0, 0, 4, 4)
	bomb := text(t)
	binary.BigEndian.PutUint32(bomb[16:], 50_000)
	binary.BigEndian.PutUint32(bomb[20:], 50_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	for name, tt := range map[string]struct {
		in   []byte
		code geo.Code
	}{
		"nothing":           {nil, geo.CodeRefused},
		"text":              {[]byte("<svg/>"), geo.CodeRefused},
		"a GIF":             {moving.Bytes(), geo.CodeRefused},
		"cut":               {whole[:len(whole)/2], geo.CodeRefused},
		"16 bits":           {deep(image.NewNRGBA64(small)), geo.CodeRefused},
		"16 bits, no alpha": {deep(opaque{image.NewRGBA64(small)}), geo.CodeRefused},
		"16 bits of grey":   {deep(image.NewGray16(small)), geo.CodeRefused},
		"a bomb":            {bomb, geo.CodeTooLarge},
		"a long body":       {make([]byte, photo.MaxBytes+1), geo.CodeTooLarge},
	} {
		if _, err := photo.Clean(t.Context(), tt.in); geo.CodeOf(err) != tt.code {
			t.Errorf("%s: got %v, want %s", name, err, tt.code)
		}
	}
}

// opaque is a picture without holes, which a PNG of 16 bits tells apart.
type opaque struct{ *image.RGBA64 }

// Opaque tells so.
func (opaque) Opaque() bool { return true }

// waiter is a context whose holder goes away after somebody looked at it so often.
type waiter struct {
	context.Context
	looks, most int
}

// Err implements [context.Context].
func (w *waiter) Err() error {
	if w.looks++; w.looks > w.most {
		return context.Canceled
	}
	return nil
}

// A photo is read and written as long as somebody waits for it: however large it is, it is left a few kilobytes after he went away, and is not called broken.
func TestCleanEndsWithItsContext(t *testing.T) {
	t.Parallel()
	noise := image.NewNRGBA(image.Rect(0, 0, 200, 200))
	for i := range noise.Pix {
		noise.Pix[i] = byte(i * i >> 3 * 7919 >> 5)
	}
	var asPNG, asJPEG bytes.Buffer
	if err := errors.Join(png.Encode(&asPNG, noise), jpeg.Encode(&asJPEG, noise, nil)); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"PNG": asPNG.Bytes(), "JPEG": asJPEG.Bytes()} {
		whole := &waiter{Context: t.Context(), most: 1 << 30}
		if _, err := photo.Clean(whole, b); err != nil || whole.looks < 12 {
			t.Errorf("%s: looked %d times: %v", name, whole.looks, err)
		}
		for _, most := range []int{0, 1, whole.looks / 3, whole.looks / 2, whole.looks - 2} {
			w := &waiter{Context: t.Context(), most: most}
			if _, err := photo.Clean(w, b); !errors.Is(err, context.Canceled) || w.looks > most+6 {
				t.Errorf("%s, gone after %d of %d looks: looked %d times, %v", name, most, whole.looks, w.looks, err)
			}
		}
	}
}

// Whatever a stranger sends is refused or cleaned.
func FuzzClean(f *testing.F) {
	f.Add([]byte{0xFF, 0xD8, 0xFF, 0xE1, 0, 8, 'E', 'x', 'i', 'f', 0, 0})
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := photo.Clean(t.Context(), b); err == nil && (got.Width < 1 || len(got.Bytes) == 0) {
			t.Errorf("%+v", got)
		}
	})
}
