package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/network"
	"hetu/geo/rules"
)

// Waters is the river network in memory; data/waters has it.
type Waters interface {
	// Graph gives the network as of a moment, and the newest write that it knows of.
	Graph(ctx context.Context, at duty.Moment) (*network.Graph, int64, error)
}

// head begins the answer to every question: of which day and which data it is, by which rules, and how it was found.
type head struct {
	AsOf        geo.Date   `json:"as_of"`
	KnownAt     *time.Time `json:"known_at"`     // null: as known now
	DataVersion int64      `json:"data_version"` // the newest write that the answer knows of
	RuleProfile *string    `json:"rule_profile"` // with what it said, as [rules.Profile.Version]; null: no rule profile has a say in it
	How         string     `json:"how"`
}

func headOf(at duty.Moment, version int64, how string) head {
	h := head{AsOf: at.AsOf, DataVersion: version, How: how}
	if !at.KnownAt.IsZero() {
		h.KnownAt = &at.KnownAt
	}
	return h
}

// by names the rule profile that the answer follows.
func (h head) by(profile rules.Profile) head {
	h.RuleProfile = new(profile.Version())
	return h
}

// asked reads what every question has: its parameters, of which others may not be given, and the moment.
func (s *server) asked(r *http.Request, known ...string) (params, duty.Moment, error) {
	p, err := parseParams(r, append(known, "as_of", "known_at")...)
	if err != nil {
		return p, duty.Moment{}, err
	}
	at, err := p.moment(s.Now())
	return p, at, err
}

// reportPatience bounds an answer that may take long: it ends before the server's own limit would cut the connection without a word.
const reportPatience = 50 * time.Second

// What to ask instead of what took too long.
const (
	lessReport = "ask for a division or a river"
	lessTrace  = "ask for less of the way, by distance=, division= or stop="
	lessPlace  = "ask again later, or about today, which is in memory"
)

// within answers that a question was too large when it took longer than that, and how to ask for less.
func within(patience time.Duration, remedy string, h handlerFunc) handlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		return tooLong(ctx, h(w, r.WithContext(ctx)), patience, remedy)
	}
}

// tooLong tells an error of a question whose time has run out as what it is.
func tooLong(ctx context.Context, err error, patience time.Duration, remedy string) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return geo.Wrapf(err, geo.CodeUnavailable, "the answer took longer than %v and was stopped: %s", patience, remedy)
	}
	return err
}
