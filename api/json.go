package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"hetu/geo"
)

// maxFormBytes bounds the small bodies: a login, a grant.
const maxFormBytes = 16 << 10

// readJSON reads the body of a form into v: one object, its members known and each given once.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := readBody(w, r, maxFormBytes, "application/json")
	if err != nil {
		return err
	}
	return decode(body, formShape(), v)
}

// decode reads a body of a shape: one object, its members known and each given once. Two of a name are refused, for others may have read the other one.
func decode(body []byte, shape jsonShape, into any) error {
	if err := shape.hold(body); err != nil {
		return err
	}
	if _, theirs := into.(*sentOps); !theirs { // what is in an operation is the client's own
		if err := noTwins(json.NewDecoder(bytes.NewReader(body)), ""); err != nil {
			return err
		}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return notRead(err, body, into)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return geo.Errorf(geo.CodeInvalid, "something follows the body's object; send one")
	}
	return nil
}

// jsonShape bounds what a body is made of. Its bytes say little of what it becomes: two bytes of an empty object may become some hundred in memory.
type jsonShape struct {
	depth   int
	values  int // members and elements
	objects int
}

// longestNumber bounds what stands between two marks of a body, such as a number.
const longestNumber = 100

func formShape() jsonShape { return jsonShape{deepestJSON, 5_000, 1_000} }

// hold goes through a body once, before anything is made of it. What is no JSON is left for the decoder to tell.
func (s jsonShape) hold(body []byte) error {
	depth, values, objects, run := 0, 0, 0, 0
	quoted := false
	for i := 0; i < len(body); i++ {
		c := body[i]
		if quoted {
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
			continue
		}
		run++
		switch c {
		case '"':
			quoted, run = true, 0
		case '{', '[':
			depth, values, run = depth+1, values+1, 0
			if c == '{' {
				objects++
			}
		case '}', ']':
			depth, run = depth-1, 0
		case ',':
			values, run = values+1, 0
		case ' ', '\t', '\r', '\n', ':':
			run = 0
		}
		switch {
		case depth > s.depth:
			return geo.Errorf(geo.CodeInvalid, "the body is nested deeper than %d at byte %d", s.depth, i)
		case run > longestNumber:
			return geo.Errorf(geo.CodeInvalid, "a number, or what is none, is longer than %d characters at byte %d", longestNumber, i)
		case values > s.values || objects > s.objects:
			return geo.Errorf(geo.CodeTooLarge, "the body holds more than %d values or %d objects: send less at once", s.values, s.objects)
		}
	}
	return nil
}

// deepestJSON is how deep the bodies of forms are nested at most.
const deepestJSON = 16

// noTwins goes through one value and refuses an object that names a member twice; upper and lower case are the same to the decoder.
func noTwins(d *json.Decoder, at string) error {
	t, err := d.Token()
	if errors.Is(err, io.EOF) && d.InputOffset() == 0 {
		return emptyBody()
	}
	if err != nil {
		return noJSON(err, d.InputOffset())
	}
	if strings.Count(at, "/") > deepestJSON {
		return geo.InvalidField(at, "is nested too deep")
	}
	seen := map[string]bool{}
	for i := 0; (t == json.Delim('{') || t == json.Delim('[')) && d.More(); i++ {
		name := fmt.Sprint(i)
		if t == json.Delim('{') {
			key, err := d.Token()
			if err != nil {
				return noJSON(err, d.InputOffset())
			}
			name = fmt.Sprint(key)
			if folded := strings.ToLower(name); seen[folded] {
				return geo.InvalidField(at+"/"+shortened(name), "stands twice; give it once")
			} else {
				seen[folded] = true
			}
		}
		if err := noTwins(d, at+"/"+shortened(name)); err != nil {
			return err
		}
	}
	if t == json.Delim('{') || t == json.Delim('[') {
		if _, err := d.Token(); err != nil {
			return noJSON(err, d.InputOffset())
		}
	}
	return nil
}

// writePrivate writes what is for the one who asked alone.
func writePrivate(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
	return nil
}
