package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// scopeFlags say which rivers are asked about.
type scopeFlags struct {
	River    int64  `help:"Id of a river, as /api/v1/rivers tells it." placeholder:"ID"`
	Division string `help:"Code of a division, as 150207: it and all below it." placeholder:"CODE"`
}

func (f scopeFlags) values() url.Values {
	v := url.Values{}
	if f.River != 0 {
		v.Set("river", fmt.Sprint(f.River))
	}
	if f.Division != "" {
		v.Set("division", f.Division)
	}
	return v
}

// set adds parameters, given as name, value; what is empty is left to the server.
func set(v url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

// number writes a number that is asked for; 0 is left to the server.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

type askCoverageCmd struct {
	scopeFlags `embed:""`

	Level   string `help:"Only this level: 1 or province, 2 or city, 3 or county, 4 or town, 5 or village." placeholder:"LEVEL"`
	Profile string `help:"The rule profile of how many boards there have to be. Default: board-each-reach." placeholder:"ID"`
	Summary bool   `help:"Only the totals."`
	Limit   int    `help:"How many stretches are listed at most. Default: 1000." placeholder:"N"`
}

// Help gives an example.
func (*askCoverageCmd) Help() string {
	return "Example: hetu ask coverage --division 150207 --level 4 --as-of 2018-01-01"
}

// Run asks.
func (c *askCoverageCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	v := set(c.values(), "level", c.Level, "profile", c.Profile, "limit", number(c.Limit))
	if c.Summary {
		v.Set("summary", "true")
	}
	return q.ask(ctx, a, http.MethodGet, "/api/v1/coverage", v, nil)
}

type askStaleCmd struct {
	scopeFlags `embed:""`

	Profile string `help:"The rule profile of how long a board may stay out of date. Default: board-hebei." placeholder:"ID"`
	Overdue bool   `help:"Only boards that are overdue."`
	Limit   int    `help:"How many boards are listed at most. Default: 1000." placeholder:"N"`
}

// Help gives an example.
func (*askStaleCmd) Help() string {
	return "Example: hetu ask stale --division 520181 --overdue --as-of 2018-06-01"
}

// Run asks.
func (c *askStaleCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	v := set(c.values(), "profile", c.Profile, "limit", number(c.Limit))
	if c.Overdue {
		v.Set("overdue", "true")
	}
	return q.ask(ctx, a, http.MethodGet, "/api/v1/boards/stale", v, nil)
}

type askQualityCmd struct {
	River   string `arg:"" help:"The river's id or its name."`
	From    string `help:"First day of the samples." placeholder:"DATE"`
	To      string `help:"Last day of the samples." placeholder:"DATE"`
	Profile string `help:"The rule profile of the classes. Default: quality-river." placeholder:"ID"`
}

// Help gives an example.
func (*askQualityCmd) Help() string {
	return "Example: hetu ask quality 东门河 --from 2017-01-01 --to 2017-12-31"
}

// Run asks.
func (c *askQualityCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	v := set(url.Values{}, "from", c.From, "to", c.To, "profile", c.Profile)
	return q.askOfRiver(ctx, a, c.River, stationPath("quality"), v)
}

type askCountsCmd struct {
	Division string `help:"Code of a division, as 150207: it and all below it. Default: all." placeholder:"CODE"`
	Profile  string `help:"The rule profile of the classes of water. Default: quality-river." placeholder:"ID"`
}

// Help gives an example.
func (*askCountsCmd) Help() string {
	return "Example: hetu ask counts --division 520181 --as-of 2018-01-01"
}

// Run asks.
func (c *askCountsCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	return q.ask(ctx, a, http.MethodGet, "/api/v1/counts", set(url.Values{}, "division", c.Division, "profile", c.Profile), nil)
}

type askPatrolsCmd struct {
	File    string `arg:"" help:"JSON file with the patrols: {\"patrols\": [{\"id\": 1, \"start\": \"2018-06-01T09:00:00+08:00\", \"minutes\": 30, \"metres\": 2000}]}; - is standard input." placeholder:"FILE.json"`
	Profile string `help:"The rule profile. Default: patrol-seed-town." placeholder:"ID"`
	Level   string `help:"The chief's level, by number or name. Default: town." placeholder:"LEVEL"`
}

// Help gives an example.
func (*askPatrolsCmd) Help() string {
	return "Example: hetu ask patrols june.json --profile patrol-sixian --level town --as-of 2018-06-15"
}

// Run asks.
func (c *askPatrolsCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	body, err := readSent(c.File, "patrols")
	if err != nil {
		return err
	}
	v := url.Values{}
	for name, value := range map[string]string{"profile": c.Profile, "level": c.Level} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return q.ask(ctx, a, http.MethodPost, "/api/v1/patrols/check", v, body)
}
