package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

type askProfileCmd struct {
	River  string `arg:"" help:"The river's name, or its id."`
	Format string `help:"json, geojson, csv or xlsx: the file goes to the standard output." enum:",json,geojson,csv,xlsx" default:"" placeholder:"FORM"`
}

// Help gives examples.
func (*askProfileCmd) Help() string {
	return "Examples: hetu ask profile 猫跳河 --as-of 2018-05-01\n          hetu ask profile 12 --format xlsx > profile.xlsx"
}

// Run asks.
func (c *askProfileCmd) Run(ctx context.Context, a *app, q *askCmd) (err error) {
	root, stop, err := q.server(ctx, a)
	if err != nil {
		return err
	}
	defer func() {
		if stopped := stop(); err == nil {
			err = stopped
		}
	}()
	there := *q
	there.Server = root
	id, err := there.riverID(ctx, c.River)
	if err != nil {
		return err
	}
	v := url.Values{}
	if c.Format != "" {
		v.Set("f", c.Format)
		there.JSON = true // as it came
	}
	return there.ask(ctx, a, http.MethodGet, fmt.Sprintf("/api/v1/hydro/rivers/%d/profile", id), v, nil)
}

// riverID finds a river by its id, or by a name that one river has.
func (q *askCmd) riverID(ctx context.Context, river string) (int64, error) {
	if id, err := strconv.ParseInt(river, 10, 64); err == nil {
		return id, nil
	}
	v := url.Values{"q": {river}, "limit": {"100"}}
	if q.AsOf != "" {
		v.Set("as_of", q.AsOf)
	}
	answer, err := send(ctx, http.MethodGet, q.Server+"/api/v1/rivers?"+v.Encode(), nil)
	if err != nil {
		return 0, err
	}
	var list struct {
		Rivers []struct {
			ID   int64  `json:"id"`
			Name string `json:"name"`
		} `json:"rivers"`
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		return 0, fmt.Errorf("read the rivers: %w", err)
	}
	var ids []int64
	for _, r := range list.Rivers {
		if r.Name == river {
			ids = append(ids, r.ID)
		}
	}
	switch {
	case len(ids) == 1:
		return ids[0], nil
	case len(ids) > 1:
		return 0, usageError{fmt.Errorf("%d rivers are called %s; give the id of one: %v", len(ids), river, ids)}
	case len(list.Rivers) == 1:
		return list.Rivers[0].ID, nil
	default:
		return 0, usageError{fmt.Errorf("no river is called %s; %d have it in their name", river, len(list.Rivers))}
	}
}
