// Package photo makes a photo that came from outside fit to be kept: only its pixels are, so that no place, device or name that a camera
// wrote into it (EXIF) goes on. It takes bytes and gives bytes.
package photo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"hetu/geo"
)

const (
	// MaxBytes is the largest file that is taken.
	MaxBytes = 20 << 20
	// MaxPixels is the largest picture that is taken.
	MaxPixels = 12_000_000
	// quality of the JPEG that is kept.
	quality = 88
)

// Photo is a picture without anything but its pixels.
type Photo struct {
	Bytes         []byte
	Type          string // image/jpeg or image/png
	SHA256        string // of Bytes
	Width, Height int
}

// Clean reads a JPEG or PNG, turns it the way the camera said it was held, and writes it anew. The same bytes in give the same bytes out. It ends
// with ctx: a small file may hold very many pixels, or look at them very often.
func Clean(ctx context.Context, b []byte) (Photo, error) {
	kind, err := kindOf(b)
	if err != nil {
		return Photo{}, err
	}
	picture, _, err := image.Decode(lasting{ctx, bytes.NewReader(b)})
	switch {
	case ctx.Err() != nil:
		return Photo{}, fmt.Errorf("read the photo: %w", ctx.Err())
	case err != nil:
		return Photo{}, geo.Wrapf(err, geo.CodeRefused, "the photo is broken: take it or save it again")
	}
	var out bytes.Buffer
	if kind == "png" {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(lastingWriter{ctx, &out}, picture)
	} else {
		picture = turned(picture, orientation(b))
		err = jpeg.Encode(lastingWriter{ctx, &out}, picture, &jpeg.Options{Quality: quality})
	}
	switch {
	case ctx.Err() != nil:
		return Photo{}, fmt.Errorf("write the photo: %w", ctx.Err())
	case err != nil:
		return Photo{}, geo.Wrapf(err, geo.CodeInternal, "the photo could not be written")
	}
	sum := sha256.Sum256(out.Bytes())
	size := picture.Bounds()
	return Photo{Bytes: out.Bytes(), Type: "image/" + kind, SHA256: hex.EncodeToString(sum[:]), Width: size.Dx(), Height: size.Dy()}, nil
}

// kindOf holds a picture's head to what is taken, before any of its pixels is looked at: png or jpeg.
func kindOf(b []byte) (kind string, err error) {
	if len(b) > MaxBytes {
		return "", geo.Errorf(geo.CodeTooLarge, "a photo has at most %d bytes, and this has %d: make it smaller", MaxBytes, len(b))
	}
	config, kind, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || kind != "jpeg" && kind != "png" {
		return "", geo.Wrapf(err, geo.CodeRefused, "the photo is no JPEG and no PNG: save it as one of these")
	}
	if config.Width < 1 || config.Height < 1 || config.Width > MaxPixels/config.Height {
		return "", geo.Errorf(geo.CodeTooLarge, "the photo is %d by %d pixels, and at most %d are taken: make it smaller", config.Width, config.Height, MaxPixels)
	}
	switch config.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model:
		// Twice the memory, and many times the work of writing it, for what no camera gives.
		return "", geo.Errorf(geo.CodeRefused, "the photo has 16 bits a colour, and 8 are taken: save it as a JPEG, or as a PNG of 8 bits")
	}
	return kind, nil
}

// lasting reads as long as somebody waits.
type lasting struct {
	ctx context.Context //nolint:containedctx // it lives as long as the call
	r   io.Reader
}

// Read implements [io.Reader].
func (l lasting) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	return l.r.Read(p)
}

// lastingWriter writes as long as somebody waits.
type lastingWriter struct {
	ctx context.Context //nolint:containedctx // it lives as long as the call
	w   io.Writer
}

// Write implements [io.Writer].
func (l lastingWriter) Write(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	return l.w.Write(p)
}

// orientation is the way in which a JPEG's camera was held, 1 to 8 as EXIF counts; 1, upright, where it does not say.
func orientation(b []byte) int {
	for i := 2; i+4 <= len(b) && b[i] == 0xFF && b[i+1] != 0xDA; {
		size := int(binary.BigEndian.Uint16(b[i+2:]))
		if size < 2 || i+2+size > len(b) {
			break
		}
		if body := b[i+4 : i+2+size]; b[i+1] == 0xE1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return tiffOrientation(body[6:])
		}
		i += 2 + size
	}
	return 1
}

// tiffOrientation reads tag 0x0112 of the first directory.
func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(b[4:]))
	if at < 8 || at+2 > len(b) {
		return 1
	}
	for n, i := int(order.Uint16(b[at:])), at+2; n > 0 && i+12 <= len(b); n, i = n-1, i+12 {
		if v := int(order.Uint16(b[i+8:])); order.Uint16(b[i:]) == 0x0112 && v >= 1 && v <= 8 {
			return v
		}
	}
	return 1
}

// turned shows a picture as it was taken; it copies nothing.
func turned(p image.Image, held int) image.Image {
	if held <= 1 || held > 8 {
		return p
	}
	return turnedImage{p, held}
}

type turnedImage struct {
	image.Image
	held int
}

// Bounds implements [image.Image].
func (t turnedImage) Bounds() image.Rectangle {
	b := t.Image.Bounds()
	if t.held >= 5 {
		return image.Rect(0, 0, b.Dy(), b.Dx())
	}
	return image.Rect(0, 0, b.Dx(), b.Dy())
}

// At implements [image.Image].
func (t turnedImage) At(x, y int) color.Color {
	b := t.Image.Bounds()
	right, bottom := b.Dx()-1, b.Dy()-1
	switch t.held {
	case 2:
		x = right - x
	case 3:
		x, y = right-x, bottom-y
	case 4:
		y = bottom - y
	case 5:
		x, y = y, x
	case 6:
		x, y = y, bottom-x
	case 7:
		x, y = right-y, bottom-x
	case 8:
		x, y = right-y, x
	}
	return t.Image.At(b.Min.X+x, b.Min.Y+y)
}
