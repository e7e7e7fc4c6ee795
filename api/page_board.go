package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gorilla/mux"

	"hetu/geo"
	"hetu/geo/duty"
)

// boardPages adds the pages that a notice board's QR code leads to: the board itself, and how to report what is wrong.
func (s *pageSite) boardPages(routes *routes) {
	get := []string{http.MethodGet, http.MethodHead}
	routes.add("/b/{token}", "page_board", s.board, s.handle, get...)
	routes.add("/report", "page_report", s.report, s.handle, get...)
}

// board is the page of a notice board 公示牌: who answers for its place today, and what it says that is not so any more.
func (s *pageSite) board(w http.ResponseWriter, r *http.Request) error {
	at, v, err := s.moment(r)
	if err != nil {
		return err
	}
	token, err := url.PathUnescape(mux.Vars(r)["token"])
	if err != nil {
		return geo.Errorf(geo.CodeNotFound, "no notice board has the number %q", shortened(mux.Vars(r)["token"]))
	}
	found, err := s.boardOf(r, at, token)
	if err != nil {
		return err
	}
	v.Board, v.Title = found, v.Words["place_board"]
	if len(found.Places) > 0 {
		river := found.Places[0].River
		v.Title = fmt.Sprintf(v.Words["board_of"], v.Name(river.Name, river.NameEn))
	}
	return s.render(w, "board.html", http.StatusOK, v)
}

// maxToken bounds what is looked for as a board's number, in bytes.
const maxToken = 200

func (s *pageSite) boardOf(r *http.Request, at duty.Moment, token string) (*duty.BoardView, error) {
	if clean := cleanText(token); len(token) > maxToken || clean != token {
		return nil, geo.Errorf(geo.CodeNotFound, "no notice board has the number %q", shortened(clean))
	}
	found, err := s.store.Board(r.Context(), at, token)
	if err != nil {
		return nil, fmt.Errorf("read the board %q: %w", shortened(token), err)
	}
	return &found, nil
}

// report is the page that tells how to report what is wrong at a place 反映问题, and to whom: the offices of those who answer
// for the place of a board, or for a position. Of a river the reach is to be chosen first.
func (s *pageSite) report(w http.ResponseWriter, r *http.Request) error {
	at, v, err := s.moment(r)
	if err != nil {
		return err
	}
	v.Title = v.Words["report"]
	query := r.URL.Query()
	status := http.StatusOK
	switch {
	case query.Get("board") != "":
		if v.Board, err = s.boardOf(r, at, query.Get("board")); err != nil {
			return err
		}
		v.Offices = officesAt(v.Board.Places)
	case query.Has("lon") || query.Has("lat"):
		lon, lat, fault := s.position(v, query)
		if fault != "" {
			v.PositionFault, status = fault, http.StatusBadRequest
			break
		}
		if err = s.answer(r, at, v, lon, lat); err != nil {
			return err
		}
		v.Title, v.Offices = v.Words["report"], officesAt(v.Answer.Rivers)
	case query.Get("river") != "":
		id, err := strconv.ParseInt(query.Get("river"), 10, 64)
		if err != nil {
			return geo.Errorf(geo.CodeNotFound, "no river has the id %q", shortened(query.Get("river")))
		}
		river, err := s.store.River(r.Context(), at, id)
		if err != nil {
			return fmt.Errorf("read river %d: %w", id, err)
		}
		v.Detail = &river
	}
	return s.render(w, "report.html", status, v)
}

// pageOffice is an office that can be called about a place.
type pageOffice struct {
	Level geo.Level
	Title string
	Unit  *string // the responsible one
	Phone string
}

// officesAt gives the offices of those who answer for a place, the nearest to it first: the lowest level.
func officesAt(places []duty.RiverFound) []pageOffice {
	var out []pageOffice
	add := func(seats []duty.Seat) {
		for _, seat := range seats {
			if seat.PhonePublic == nil || !duty.IsChief(seat.Role) {
				continue
			}
			o := pageOffice{Level: seat.Level, Title: seat.Title, Unit: seat.ResponsibleUnit, Phone: *seat.PhonePublic}
			if !slices.ContainsFunc(out, func(had pageOffice) bool { return had.Phone == o.Phone }) {
				out = append(out, o)
			}
		}
	}
	for _, place := range places {
		for _, bank := range place.Banks {
			for _, level := range bank.Levels {
				for _, reach := range level.Reaches {
					add(reach.Posts)
				}
			}
		}
		add(place.RiverPosts)
	}
	slices.SortStableFunc(out, func(a, b pageOffice) int { return int(b.Level) - int(a.Level) })
	return out
}
