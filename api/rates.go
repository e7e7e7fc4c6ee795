package api

import (
	"crypto/sha256"
	"fmt"
	"math"
	"sync"
	"time"

	"hetu/geo"
	"hetu/geo/access"
)

const (
	// DefaultRequestsPerMinute is what a key, or a person, may ask for in a minute where nothing else is said: a map that is panned asks for a few in a
	// second, and a system that fetches one after the other for ten or twenty.
	DefaultRequestsPerMinute = 1200
	// shares is how many keys' worth of requests a person is answered in a minute, with his sessions and all his keys together: one who runs two systems
	// still sees the map, and twenty keys are not twenty persons.
	shares = 3
	// failedKeysPerMinute is how many keys that are none an address may send. Behind one may sit an office, in which one program has a key that ran out.
	failedKeysPerMinute = 30
	// goodFor is how long a key that was good is asked about whatever else fails from its address.
	goodFor = 15 * time.Minute
	// ratePlaces bounds how many keys, persons or addresses are counted apart.
	ratePlaces = 10_000
)

// rates bounds how often a key, or a person by all his sessions, asks, how often a person does with all his keys, and how often an address sends keys that are none. It counts in this process alone.
type rates struct {
	now    func() time.Time
	mu     sync.Mutex
	asked  buckets
	whole  buckets // of a person, with his keys
	failed buckets
	good   map[[sha256.Size]byte]time.Time // keys that were good lately, by what was sent
}

// newRates bounds keys and persons to so many requests a minute; 0 does not bound them.
func newRates(now func() time.Time, perMinute int) *rates {
	return &rates{now: now, asked: newBuckets(perMinute), whole: newBuckets(shares * perMinute), failed: newBuckets(failedKeysPerMinute), good: map[[sha256.Size]byte]time.Time{}}
}

// ask takes a request of who has logged in; the public is not counted.
func (r *rates) ask(who access.Actor) error {
	if r.asked.most == 0 || !who.Known() {
		return nil
	}
	name, whose := fmt.Sprintf("account %d", who.Account), "you"
	if who.Key != "" {
		name, whose = "key "+who.Key, "this key"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if wait := r.asked.take(name, now); wait > 0 {
		return later(wait, "too many requests by %s: at most %g a minute are answered", whose, r.asked.most)
	}
	if wait := r.whole.take(fmt.Sprintf("account %d", who.Account), now); wait > 0 {
		r.asked.giveBack(name, now)
		return later(wait, "too many requests by you and your keys: at most %g a minute are answered", r.whole.most)
	}
	return nil
}

// tryKey takes a try of an address before its key is asked about; a key that was good lately takes none. tried is to be told how it ended: one that is
// no key counts, all other tries are given back.
func (r *rates) tryKey(address, sent string) (tried func(error), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, sum := r.now(), sha256.Sum256([]byte(sent))
	at, ok := r.good[sum]
	free := ok && now.Sub(at) < goodFor
	if !free {
		if wait := r.failed.take(address, now); wait > 0 {
			return nil, later(wait, "too many keys that were sent from this address are not good")
		}
	}
	return func(err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if err != nil && geo.CodeOf(err) == geo.CodeNotFound {
			delete(r.good, sum)
			return
		}
		if !free {
			r.failed.giveBack(address, now)
		}
		if err == nil && r.roomForGood(now) {
			r.good[sum] = now
		}
	}, nil
}

// roomForGood tells whether one more key can be remembered; those that were not good lately go.
func (r *rates) roomForGood(now time.Time) bool {
	if len(r.good) >= ratePlaces {
		for sum, at := range r.good {
			if now.Sub(at) >= goodFor {
				delete(r.good, sum)
			}
		}
	}
	return len(r.good) < ratePlaces
}

// buckets are counts by name, each of which holds at most what a minute gives, and is filled evenly.
type buckets struct {
	most  float64
	of    map[string]*bucket
	swept time.Time
}

type bucket struct {
	left float64
	at   time.Time
}

func newBuckets(most int) buckets { return buckets{most: float64(most), of: map[string]*bucket{}} }

// take takes one of a name; else it tells how long until there is one.
func (b *buckets) take(name string, now time.Time) (wait time.Duration) {
	k := b.filled(name, now)
	const hair = 1e-6 // parts that were filled one after the other do not come to a whole
	if k.left < 1-hair {
		return max(time.Millisecond, time.Duration((1-k.left)/b.most*float64(time.Minute)))
	}
	k.left = max(0, k.left-1)
	return 0
}

// giveBack puts one back.
func (b *buckets) giveBack(name string, now time.Time) {
	k := b.filled(name, now)
	k.left = min(b.most, k.left+1)
}

// filled gives the bucket of a name as it is now. Those that come when there is no more room share one.
func (b *buckets) filled(name string, now time.Time) *bucket {
	k := b.of[name]
	if k == nil && !b.room(now) {
		name = ""
		k = b.of[name]
	}
	if k == nil {
		k = &bucket{b.most, now}
		b.of[name] = k
	}
	k.fill(b.most, now)
	return k
}

func (k *bucket) fill(most float64, now time.Time) {
	if passed := now.Sub(k.at); passed > 0 { // a clock that was put back fills nothing
		k.left, k.at = min(most, k.left+most*passed.Minutes()), now
	}
}

// room tells whether there is a place for another; those that are full again need none, which is looked at once a second.
func (b *buckets) room(now time.Time) bool {
	if len(b.of) >= ratePlaces && now.Sub(b.swept) >= time.Second {
		b.swept = now
		for name, k := range b.of {
			if k.fill(b.most, now); k.left >= b.most {
				delete(b.of, name)
			}
		}
	}
	return len(b.of) < ratePlaces
}

// laterError is a refusal for now alone.
type laterError struct {
	error
	after time.Duration
}

// Unwrap gives what is answered.
func (e laterError) Unwrap() error { return e.error }

func later(after time.Duration, format string, args ...any) error {
	e := laterError{after: after}
	e.error = geo.Errorf(geo.CodeTooMany, "%s; ask again in %d s", fmt.Sprintf(format, args...), e.seconds())
	return e
}

// seconds is what Retry-After says: whole ones, at least one.
func (e laterError) seconds() int { return max(1, int(math.Ceil(e.after.Seconds()))) }
