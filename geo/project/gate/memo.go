package gate

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"sync"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	quality "hetu/geo/demarc/rules"
	"hetu/geo/project"
	"hetu/geo/rules"
)

// Memo keeps candidates that were drawn, for they are what takes a check its time, and stay what they are while somebody moves his lines: they are made of
// the surveys, of the profile, of what each piece rests on, and of the rivers that meet there. It may be used by several at once.
type Memo struct {
	mu    sync.Mutex
	kept  map[[sha256.Size]byte]drawn
	order [][sha256.Size]byte // the newest last
}

// mostKept bounds the candidates that are kept: a megabyte each for the longest rivers.
const mostKept = 16

// drawn is a candidate, nil where none could be drawn, and what it leaves unlooked at.
type drawn struct {
	lines    *demarc.Lines
	unlooked []quality.Unlooked
}

// NewMemo makes an empty one.
func NewMemo() *Memo { return &Memo{kept: map[[sha256.Size]byte]drawn{}} }

// candidate gives the candidate of a project, nil where none can be drawn, and what G13 cannot look at by it; a nil memo draws it each time.
func (m *Memo) candidate(ctx geo.Asker, s project.Subject, profile rules.Profile) (*demarc.Lines, []quality.Unlooked) {
	draw := func() drawn {
		lines, notes, err := Candidate(ctx, s, *profile.Width)
		if err != nil {
			return drawn{unlooked: []quality.Unlooked{unlookedCandidate(err)}}
		}
		lines, _ = Joined(lines, s.Stretch, s.Around.Others)
		return drawn{&lines, unlookedGaps(notes)}
	}
	if m == nil {
		d := draw()
		return d.lines, d.unlooked
	}
	key := madeOf(s, profile)
	m.mu.Lock()
	d, ok := m.kept[key]
	m.mu.Unlock()
	if ok {
		return d.lines, d.unlooked
	}
	if d = draw(); ctx.Err() != nil {
		return d.lines, d.unlooked // that none was drawn in time says nothing of the next time
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.kept[key]; !ok {
		if len(m.order) >= mostKept {
			delete(m.kept, m.order[0])
			m.order = m.order[1:]
		}
		m.kept[key], m.order = d, append(m.order, key)
	}
	return d.lines, d.unlooked
}

// madeOf is the hash of all that a candidate is made of.
func madeOf(s project.Subject, profile rules.Profile) (key [sha256.Size]byte) {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\n%v %v\n%s", profile.Version(), s.Project.FromM, s.Project.ToM, restsOn(s.Lines))
	add := func(line *geom.LineString) {
		flat := line.FlatCoords()
		b := make([]byte, 8*len(flat)+8)
		binary.BigEndian.PutUint64(b, uint64(len(flat)))
		for i, v := range flat {
			binary.BigEndian.PutUint64(b[8*i+8:], math.Float64bits(v))
		}
		_, _ = h.Write(b)
	}
	add(s.Stretch.Route)
	for _, l := range s.Stretch.Survey {
		_, _ = fmt.Fprintf(h, "%d %s %s %v %d %v %v %s\n", l.ID, l.Kind, l.Bank, l.Revetted, l.LeveeClass, l.Riverside, l.Historic, l.Source)
		add(l.Line)
	}
	for _, o := range s.Around.Others {
		_, _ = fmt.Fprintf(h, "%d %v\n", o.River, o.Confluences)
		for _, p := range o.Pieces {
			add(p.Line)
		}
	}
	copy(key[:], h.Sum(nil))
	return key
}
