package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hetu/geo/duty"
)

// askOfRiver asks a question about a river, which is given by its id or by its name; pathFunc has the question's path by the id.
func (q *askCmd) askOfRiver(ctx context.Context, a *app, river string, pathFunc func(id int64) string, v url.Values) (err error) {
	if id, err := strconv.ParseInt(river, 10, 64); err == nil {
		return q.ask(ctx, a, http.MethodGet, pathFunc(id), v, nil)
	}
	root, stop, err := q.server(ctx, a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	id, err := q.riverNamed(ctx, root, river)
	if err != nil {
		return err
	}
	same := *q
	same.Server = root // so that the map is loaded once
	return same.ask(ctx, a, http.MethodGet, pathFunc(id), v, nil)
}

// riverNamed gives the id of the one river of a name, an alias or an English name, on the day that is asked about. Several are refused,
// and listed; never one by chance.
func (q *askCmd) riverNamed(ctx context.Context, root, name string) (int64, error) {
	const most = 1000
	v := url.Values{"q": {name}, "limit": {strconv.Itoa(most)}}
	for param, value := range map[string]string{"as_of": q.AsOf, "known_at": q.KnownAt} {
		if value != "" {
			v.Set(param, value)
		}
	}
	answer, err := send(ctx, http.MethodGet, root+"/api/v1/rivers?"+v.Encode(), nil)
	if err != nil {
		return 0, err
	}
	var list struct{ Rivers []duty.ListedRiver }
	if err := json.Unmarshal(answer, &list); err != nil {
		return 0, fmt.Errorf("read the rivers of that name: %w", err)
	}
	exact := slices.DeleteFunc(slices.Clone(list.Rivers), func(r duty.ListedRiver) bool { return !isCalled(r, name) })
	switch {
	case len(exact) == 1:
		return exact[0].ID, nil
	case len(exact) > 1:
		return 0, usageError{fmt.Errorf("%d rivers are called %s: give the id of one\n%s", len(exact), name, riverLines(exact))}
	case len(list.Rivers) > 0:
		return 0, usageError{fmt.Errorf("no river is called %s; these come near\n%s", name, riverLines(list.Rivers))}
	default:
		return 0, usageError{fmt.Errorf("no river is called %s", name)}
	}
}

func isCalled(r duty.ListedRiver, name string) bool {
	return r.Name == name || slices.Contains(r.Aliases, name) || r.NameEn != nil && strings.EqualFold(*r.NameEn, name)
}

// riverLines lists rivers for a person to choose from.
func riverLines(rivers []duty.ListedRiver) string {
	const most = 20
	var b strings.Builder
	for _, r := range rivers[:min(len(rivers), most)] {
		fmt.Fprintf(&b, "  %d  %s", r.ID, plain(r.Name))
		if r.Division != nil {
			fmt.Fprintf(&b, "  %s", plain(r.Division.Name))
		}
		if r.FlowsInto != nil {
			fmt.Fprintf(&b, "  into %s", plain(r.FlowsInto.Name))
		}
		b.WriteByte('\n')
	}
	if len(rivers) > most {
		fmt.Fprintf(&b, "  and %d more\n", len(rivers)-most)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
