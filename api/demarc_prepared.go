package api

import (
	"context"
	"fmt"
	"sync"

	"hetu/geo"
	"hetu/geo/project/gate"
)

// preparedProjects keeps the projects that were checked last, ready to be checked again while somebody draws. One is used while the store holds just what
// it was made from, and by the one who asked alone, with just the rights that he had: what a project is held against is what he may see.
type preparedProjects struct {
	mu   sync.Mutex
	kept []preparedProject // the newest last
	memo *gate.Memo
}

type preparedProject struct {
	project, account, version int64
	key                       string // of the account: it may see less
	grants                    string // by which he sees: those that end take with them what was seen
	revision                  int
	day                       geo.Date
	prepared                  *gate.Prepared
}

// mostPrepared bounds what is kept: some ten megabytes each for the longest rivers.
const mostPrepared = 8

func (c *preparedProjects) find(want preparedProject) *gate.Prepared {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.kept {
		if k.project == want.project && k.account == want.account && k.key == want.key && k.grants == want.grants && k.version == want.version && k.revision == want.revision && k.day == want.day {
			return k.prepared
		}
	}
	return nil
}

func (c *preparedProjects) keep(p preparedProject) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.kept[:0:0]
	for _, k := range c.kept {
		if k.project != p.project || k.account != p.account || k.key != p.key {
			kept = append(kept, k)
		}
	}
	if len(kept) >= mostPrepared {
		kept = kept[len(kept)-mostPrepared+1:]
	}
	c.kept = append(kept, p)
}

// prepared gives a project ready to be checked. That the one who asks may see it is asked of the store each time.
func (s *server) prepared(ctx context.Context, id int64) (*gate.Prepared, error) {
	by := actorOf(ctx)
	p, err := s.Store.Project(ctx, by, id)
	if err != nil {
		return nil, err
	}
	version, err := s.Store.Version(ctx)
	if err != nil {
		return nil, err
	}
	want := preparedProject{project: id, account: by.Account, key: by.Key, grants: fmt.Sprint(by.Grants), version: version, revision: p.Revision, day: geo.DateOf(s.Now())}
	if found := s.drawing.find(want); found != nil {
		return found, nil
	}
	subject, err := s.Store.Subject(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if want.prepared, err = s.checker().Prepare(ctx, subject); err != nil {
		return nil, err
	}
	// What was written between the two reads is in what was made, and not in its version: the next one asks anew.
	want.revision = subject.Project.Revision
	s.drawing.keep(want)
	return want.prepared, nil
}
