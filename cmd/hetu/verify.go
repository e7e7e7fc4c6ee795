package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hetu/data/pg"
)

type dbVerifyCmd struct {
	Expect []string `help:"A row that was noted before, as this command printed it: CHAIN:ID:HASH. It must still be there." placeholder:"CHAIN:ID:HASH"`
}

// Help gives an example.
func (*dbVerifyCmd) Help() string {
	return "Prints the head of each chain; note it elsewhere, and give it by --expect later: rows taken from the end of a chain are found by nothing else. " +
		"Example: hetu db verify-audit --expect write:1017:9f86d0…"
}

// Run verifies both chains; the first bad row is printed, and the exit code is 1.
func (c *dbVerifyCmd) Run(ctx context.Context, a *app) (err error) {
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(ctx)) }()
	v, err := db.VerifyAudit(ctx)
	if err != nil {
		return err
	}
	for _, head := range v.Chains {
		a.print("%s: %d rows, whole; head %s:%d:%s", head.Chain, head.Rows, head.Chain, head.ID, head.Hash)
	}
	if f := v.Fault; f != nil {
		return faultError(f)
	}
	a.print("versions: as written in %d parts of writes; %d were too many at once to be held against a digest", v.Versions, v.Bulk)
	a.print("drafts: the operations of %d commits and discards are as they were", v.Drafts)
	a.print("comments: %d are as they were made and resolved", v.Comments)
	for _, noted := range c.Expect {
		if err := c.holds(ctx, db, noted); err != nil {
			return err
		}
	}
	return nil
}

func faultError(f *pg.AuditFault) error {
	if f.ID == 0 {
		return fmt.Errorf("the audit does not hold: at %s %s", f.At.UTC().Format(time.RFC3339Nano), f.What)
	}
	return fmt.Errorf("the audit does not hold: row %d of the chain %s, of %s: %s", f.ID, f.Chain, f.At.UTC().Format(time.RFC3339Nano), f.What)
}

// holds holds a chain against a row that was noted.
func (*dbVerifyCmd) holds(ctx context.Context, db *database, noted string) error {
	parts := strings.Split(noted, ":")
	if len(parts) != 3 {
		return usageError{fmt.Errorf("--expect %q: write CHAIN:ID:HASH, as this command prints it", noted)}
	}
	holds, err := db.AuditHolds(ctx, parts[0], parts[1], parts[2])
	if err == nil && !holds {
		err = fmt.Errorf("the audit does not hold: the row %s is not there any more", noted)
	}
	return err
}
