package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"hetu/api"
	"hetu/data/pg"
	"hetu/data/profiles"
	"hetu/data/roster"
	"hetu/data/waters"
	"hetu/geo/duty"
	"hetu/tiles/atlas"
	"hetu/tiles/cache"
)

// liveMap is the map in memory, who answers for what on it, and the river network. All follow the database.
type liveMap struct {
	atlas  *atlas.Atlas
	tiles  *cache.Cache
	roster *roster.Roster
	waters *waters.Waters
	stop   func() // ends what follows, and waits for it
}

// answers is the store, but for what is answered from memory.
type answers struct {
	*pg.Store
	roster *roster.Roster
}

// Responsible asks the roster; what was known at an earlier time only the database knows.
func (s answers) Responsible(ctx context.Context, q duty.Question) (duty.Answer, error) {
	answer, ok, err := s.roster.Responsible(ctx, q)
	if ok || err != nil {
		return answer, err
	}
	return s.Store.Responsible(ctx, q)
}

// Along asks the roster, as Responsible does.
func (s answers) Along(ctx context.Context, at duty.Moment, routes []int64) (map[int64]duty.Along, error) {
	if along, ok := s.roster.Along(at, routes); ok {
		return along, nil
	}
	return s.Store.Along(ctx, at, routes)
}

// snapshotFlag says where a server keeps the map; an export reads it there.
type snapshotFlag struct {
	Snapshot string `help:"File that a server writes the map's data to, so that not the whole database need be read again. Default: atlas.snapshot in the folder of the private database; none with an own database." env:"HETU_SNAPSHOT" placeholder:"FILE"`
}

// profilesFlag says where the operator's own rule profiles are.
type profilesFlag struct {
	Profiles string `help:"Folder of own rule profiles (*.yaml), beside those that are built in." env:"HETU_PROFILES" placeholder:"DIR"`
}

// publicFlag says how exactly the public is told of stakes (界桩).
type publicFlag struct {
	PublicPrecision float64 `help:"The grid, in metres, by whose nodes those who have no role there are told where stakes stand; 0: exactly, and with their names." name:"public-precision" env:"HETU_PUBLIC_PRECISION" default:"50" placeholder:"M"`
}

// mostPublicPrecisionM bounds the grid: stakes told by a larger one would be of another river.
const mostPublicPrecisionM = 1000

func (f *publicFlag) check() error {
	if f.PublicPrecision >= 0 && f.PublicPrecision <= mostPublicPrecisionM {
		return nil
	}
	return fmt.Errorf("--public-precision %g: give 0 to %d metres", f.PublicPrecision, mostPublicPrecisionM)
}

// rules reads the rule profiles. A broken one is the operator's to mend before anything starts.
func (f *profilesFlag) rules() (*profiles.Set, error) {
	set, err := profiles.Load(f.Profiles)
	if err != nil {
		return nil, usageError{err}
	}
	return set, nil
}

// snapshotFile names the file that the map is kept in between two starts; "" is none.
func (f *snapshotFlag) snapshotFile(a *app) string {
	if f.Snapshot != "" || a.data.DatabaseURL != "" {
		return f.Snapshot
	}
	return filepath.Join(a.data.DataDir, "atlas.snapshot")
}

// loadAtlas reads the layers into memory as they are now: from the snapshot, if there is one, and what was written since.
func loadAtlas(ctx context.Context, a *app, db *database, file string, door *api.Door) (*atlas.Atlas, error) {
	m := atlas.New()
	telling := &loadProgress{app: a, door: door, features: map[string]int{}}
	unused, err := m.Load(ctx, db.Atlas(), file, telling.tell)
	if unused != nil {
		a.log.WarnContext(ctx, "the snapshot of the map is not used; the database was read instead", slog.String("file", file), slog.Any("cause", unused))
	}
	if err != nil {
		return nil, fmt.Errorf("load the map: %w", err)
	}
	return m, nil
}

// loadMap fills the atlas and has it follow the database. Without keep no snapshot is written: that is for a server.
func (c *serveCmd) loadMap(ctx context.Context, a *app, db *database, door *api.Door, keep bool) (*liveMap, error) {
	m, source, file := &liveMap{}, db.Atlas(), c.snapshotFile(a)
	var err error
	// Soon, while there is much: to use memory again costs less than to be given memory that was never used.
	collectAt(20)
	if m.atlas, err = loadAtlas(ctx, a, db, file, door); err != nil {
		return nil, err
	}
	if m.tiles, err = cache.New(m.atlas, c.TileCache<<20); err != nil {
		return nil, err
	}
	if !keep {
		file = ""
	}
	m.roster = roster.New(m.atlas)
	following, end := context.WithCancel(context.WithoutCancel(ctx))
	var all, whole sync.WaitGroup
	whole.Add(3)
	m.waters = waters.New(db.Network(), a.now)
	all.Go(func() {
		m.atlas.Gather(following, source)
		whole.Done()
		m.atlas.Follow(following, source, file, func(err error) {
			if _, snapshot := errors.AsType[*atlas.SnapshotError](err); snapshot {
				a.log.ErrorContext(following, "the snapshot of the map is not written; the one before stays", slog.String("file", file), slog.Any("cause", err))
				return
			}
			if err != nil {
				a.log.ErrorContext(following, "the map does not hear of what is written; it goes on with what it has", slog.Any("cause", err))
				return
			}
			a.log.WarnContext(following, "the map hears of what is written again")
		})
	})
	all.Go(func() {
		_ = m.roster.Load(following, db.Roster()) // Follow says what is wrong, and loads it later
		whole.Done()
		m.roster.Follow(following, db.Roster(), func(err error) {
			if err != nil {
				a.log.ErrorContext(following, "the roster of duty does not hear of what is written; it goes on with what it has", slog.Any("cause", err))
				return
			}
			a.log.WarnContext(following, "the roster of duty hears of what is written again")
		})
	})
	all.Go(func() {
		_ = m.waters.Load(following)
		whole.Done()
		m.waters.Follow(following, func(err error) {
			if err != nil {
				a.log.ErrorContext(following, "the river network does not hear of what is written; it goes on with what it has", slog.Any("cause", err))
				return
			}
			a.log.WarnContext(following, "the river network hears of what is written again")
		})
	})
	all.Go(func() { m.tiles.Improve(following) })
	all.Go(func() {
		whole.Wait()
		giveBack()
		if m.roster.State().Loaded && following.Err() == nil {
			a.say("%s", allLoaded)
		}
	})
	m.stop = func() {
		end()
		all.Wait()
		m.tiles.Wait()
	}
	return m, nil
}

// allLoaded is said when nothing is left to be read of what is answered from memory.
const allLoaded = "who answers for what and the river network are in memory"

// giveBack gives back the memory that loading took, and has garbage collected whenever there are about 64 MB of it. Nearly all that is
// in use are large arrays without pointers: to look at them costs the collector nothing, and a share of them would be much.
func giveBack() {
	const headroom = 64 << 20
	debug.FreeOSMemory()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	collectAt(int(min(max(100*headroom/now.HeapAlloc, 5), 100)))
}

// collectAt has garbage collected when it is so many percent of what is in use, unless who starts the program said.
func collectAt(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// loadProgress tells a person, and those who ask /readyz, how far the load is.
type loadProgress struct {
	app      *app
	door     *api.Door
	features map[string]int
	order    []string
	said     time.Time
}

func (l *loadProgress) tell(p atlas.Progress) {
	if _, known := l.features[p.Layer]; !known {
		l.order = append(l.order, p.Layer)
	}
	l.features[p.Layer] = p.Features
	var parts []string
	for _, layer := range l.order {
		parts = append(parts, fmt.Sprintf("%s %d", layer, l.features[layer]))
	}
	doing := "loading the map from the database: "
	if p.Snapshot {
		doing = "loading the map from its snapshot: "
	}
	doing += strings.Join(parts, ", ")
	l.door.Tell(doing)
	if now := l.app.now(); now.Sub(l.said) >= time.Second {
		if !l.said.IsZero() { // a load that takes no time is not worth a line
			l.app.say("%s", doing)
		}
		l.said = now
	}
}
