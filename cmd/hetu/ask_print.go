package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// printAnswer prints an answer of the API for a person: its plain members line by line, then a table of each list of objects, in
// the order in which they come.
func printAnswer(w io.Writer, answer []byte) error {
	v, err := orderedJSON(json.NewDecoder(bytes.NewReader(answer)))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	printMembers(out, "", v)
	return out.Flush()
}

// member is a member of an object, in the order in which it came.
type member struct {
	name  string
	value any
}

// orderedJSON reads a value; an object as []member, a list as []any.
func orderedJSON(d *json.Decoder) (any, error) {
	d.UseNumber()
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		out := []member{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := orderedJSON(d)
			if err != nil {
				return nil, err
			}
			out = append(out, member{fmt.Sprint(name), value})
		}
		_, err := d.Token()
		return out, err
	case json.Delim('['):
		out := []any{}
		for d.More() {
			value, err := orderedJSON(d)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
		_, err := d.Token()
		return out, err
	}
	return t, nil
}

// printMembers prints the plain members of an object first, then its lists.
func printMembers(w io.Writer, path string, v any) {
	members, ok := v.([]member)
	if !ok {
		_, _ = fmt.Fprintln(w, plain(v))
		return
	}
	for _, m := range members {
		switch inner := m.value.(type) {
		case []member:
			printMembers(w, path+m.name+".", inner)
		case []any:
			if len(inner) == 0 || !isObject(inner[0]) {
				_, _ = fmt.Fprintf(w, "%s%s\t%s\n", path, m.name, plain(inner))
			}
		case nil:
		default:
			_, _ = fmt.Fprintf(w, "%s%s\t%s\n", path, m.name, plain(inner))
		}
	}
	for _, m := range members {
		if list, ok := m.value.([]any); ok && len(list) > 0 && isObject(list[0]) {
			printTable(w, path+m.name, list)
		}
	}
}

func isObject(v any) bool {
	_, ok := v.([]member)
	return ok
}

// printTable prints a list of objects: a row for each, a column for each plain member of any of them.
func printTable(w io.Writer, name string, list []any) {
	var columns []string
	rows := make([]map[string]string, len(list))
	var inner []member
	for i, v := range list {
		rows[i] = map[string]string{}
		flatten("", v, func(column, text string) {
			if !slices.Contains(columns, column) {
				columns = append(columns, column)
			}
			rows[i][column] = text
		}, func(path string, of []any) {
			inner = append(inner, member{fmt.Sprintf("%s[%d].%s", name, i+1, path), of})
		})
	}
	_, _ = fmt.Fprintf(w, "\n%s\n", name)
	_, _ = fmt.Fprintln(w, "#\t"+strings.Join(columns, "\t"))
	for i, row := range rows {
		cells := []string{fmt.Sprint(i + 1)}
		for _, c := range columns {
			cells = append(cells, row[c])
		}
		_, _ = fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	for _, m := range inner {
		if list, ok := m.value.([]any); ok {
			printTable(w, m.name, list)
		}
	}
}

// flatten gives the plain members of an object with their paths, and its lists of objects apart. A geometry is left to --json.
func flatten(path string, v any, cell func(column, text string), list func(path string, of []any)) {
	members, ok := v.([]member)
	if !ok {
		return
	}
	for _, m := range members {
		switch inner := m.value.(type) {
		case []member:
			if m.name != "geometry" {
				flatten(path+m.name+".", inner, cell, list)
			}
		case []any:
			if len(inner) > 0 && isObject(inner[0]) {
				list(path+m.name, inner)
			} else {
				cell(path+m.name, plain(inner))
			}
		case nil:
		default:
			cell(path+m.name, plain(inner))
		}
	}
}

// plain writes a value in one line, without what would move a terminal's cursor.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = plain(e)
		}
		return strings.Join(parts, ", ")
	default:
		return strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
				return '\ufffd'
			}
			return r
		}, fmt.Sprint(v))
	}
}
