package api

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"hetu/geo"
)

// notRead says of a body that does not become what is asked for where it fails, and what belongs there.
func notRead(err error, body []byte, into any) error {
	if _, ours := errors.AsType[*geo.Error](err); ours {
		return err
	}
	if errors.Is(err, io.EOF) {
		return emptyBody()
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return geo.InvalidField("/"+strings.ReplaceAll(e.Field, ".", "/"), "is a %s, and does not fit there", e.Value)
	}
	var sent any
	if json.Unmarshal(body, &sent) == nil {
		if at, known := unknownMember(sent, reflect.TypeOf(into), ""); at != "" {
			return geo.InvalidField(at, "is not known here; there are %s", geo.Listed(known))
		}
	}
	return geo.Wrapf(err, geo.CodeInvalid, "the body is not read: %s", short(strings.ToValidUTF8(err.Error(), "�")))
}

func emptyBody() error {
	return geo.Errorf(geo.CodeInvalid, "正文为空，请发送一个 JSON 对象。The body is empty: send one JSON object, such as {}")
}

// noJSON says where a body ends to be JSON.
func noJSON(err error, at int64) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return geo.Wrapf(err, geo.CodeInvalid, "the body is no JSON: it ends before its object does, at byte %d", at)
	}
	return geo.Wrapf(err, geo.CodeInvalid, "the body is no JSON from byte %d on: %v", at, err)
}

// unknownMember finds the first member, by name, that its object does not take, and tells those that it does; "" when there is none. What reads itself is
// not looked into.
func unknownMember(sent any, t reflect.Type, at string) (where string, known []string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return "", nil
	}
	switch v := sent.(type) {
	case []any:
		for i := 0; t.Kind() == reflect.Slice && i < len(v); i++ {
			if where, known = unknownMember(v[i], t.Elem(), at+"/"+strconv.Itoa(i)); where != "" {
				return where, known
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return "", nil
		}
		members := membersOf(t)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			i := slices.IndexFunc(members, func(m member) bool { return strings.EqualFold(m.name, name) })
			if i < 0 {
				for _, m := range members {
					known = append(known, m.name)
				}
				return at + "/" + shortened(name), known
			}
			if where, known = unknownMember(v[name], members[i].of, at+"/"+name); where != "" {
				return where, known
			}
		}
	}
	return "", nil
}

// member is one that an object of a body takes.
type member struct {
	name string
	of   reflect.Type
}

func membersOf(t reflect.Type) []member {
	var out []member
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-", !f.IsExported(), f.Anonymous && name == "":
			continue
		case name == "":
			name = f.Name
		}
		out = append(out, member{name, f.Type})
	}
	return out
}
