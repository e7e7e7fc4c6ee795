package api

import (
	"fmt"
	"sync"
	"time"

	"hetu/geo/access"
)

const (
	refusalsSingly = 30  // of one address or account in a minute, each a row of its own
	refusalsInAll  = 300 // of all who have not logged in, in a minute
	refusalWindow  = time.Minute
	refusalPlaces  = 10_000
)

// refusals bounds what an address, or an account, can have written to the audit: the first refusals of a minute are rows of their own, what is beyond
// them is counted, and told by its next row. Strangers besides share what all of them can have written; who has logged in does not share it with
// them, lest they cover up what he does.
type refusals struct {
	now       func() time.Time
	mu        sync.Mutex
	seen      map[string]*refused
	strangers refused
	swept     time.Time
}

type refused struct {
	since   time.Time
	rows    int
	skipped int
}

func newRefusals(now func() time.Time) *refusals {
	return &refusals{now: now, seen: map[string]*refused{}}
}

// admit tells whether an event is to be written, and adds to it how many were not.
func (f *refusals) admit(e *access.Event) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	of := f.of(e.Actor, now)
	of.begin(now)
	f.strangers.begin(now)
	if of.rows >= refusalsSingly {
		of.skipped++
		return false
	}
	if !e.Actor.Known() {
		if f.strangers.rows >= refusalsInAll {
			f.strangers.skipped++
			return false
		}
		f.strangers.rows++
		f.strangers.tell(e, "of other addresses")
	}
	of.rows++
	of.tell(e, "of this address or account")
	return true
}

// begin begins another minute where one is over.
func (of *refused) begin(now time.Time) {
	if now.Sub(of.since) >= refusalWindow {
		of.since, of.rows = now, 0
	}
}

// tell adds to an event how many were not written before it.
func (of *refused) tell(e *access.Event, whose string) {
	if of.skipped > 0 {
		e.Detail += fmt.Sprintf("; %d more refusals %s before it were counted only", of.skipped, whose)
		of.skipped = 0
	}
}

// of gives the count of an account, or of an address. Those that come when there is no more room share one: who has many addresses gets no new
// count by them.
func (f *refusals) of(a access.Actor, now time.Time) *refused {
	name := a.IP
	if a.Known() {
		name = fmt.Sprintf("account %d", a.Account)
	}
	if f.seen[name] == nil {
		if !f.room(now) {
			name = ""
		}
		if f.seen[name] == nil {
			f.seen[name] = &refused{since: now}
		}
	}
	return f.seen[name]
}

// room tells whether there is a place for another; those that were quiet give theirs, which is looked at once a minute.
func (f *refusals) room(now time.Time) bool {
	if len(f.seen) >= refusalPlaces && now.Sub(f.swept) >= refusalWindow {
		f.swept = now
		for name, of := range f.seen {
			if now.Sub(of.since) >= refusalWindow {
				f.strangers.skipped += of.skipped
				delete(f.seen, name)
			}
		}
	}
	return len(f.seen) < refusalPlaces
}
