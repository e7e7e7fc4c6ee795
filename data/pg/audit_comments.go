package pg

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// What the chain of accesses calls it that a comment was made and resolved: the program's own rows, and those of the database, which tells of each row
// whatever path it took.
const (
	commentAction = "project_comment"
	resolveAction = "project_comment_resolve"
	rowMade       = "row_insert"
	rowChanged    = "row_update"
)

// commentStep is a row of the chain about a comment.
type commentStep struct{ action, comment string }

// toldOf is what a row of the chain says of a comment.
type toldOf struct {
	row     int64
	at      time.Time
	account int64
	digest  string
}

// noteComment notes the row of a comment, if it is one. The first counts: a comment is made once and resolved once, and no later row makes it another.
func (a audited) noteComment(id int64, at time.Time, row accessSaid) {
	var comment string
	var ok bool
	switch row.Action {
	case commentAction, resolveAction:
		_, comment, ok = strings.Cut(row.Object, ", comment ")
	case rowMade, rowChanged:
		comment, ok = strings.CutPrefix(row.Object, "comment ")
	}
	step := commentStep{row.Action, comment}
	if _, before := a.comments[step]; ok && !before {
		a.comments[step] = toldOf{id, at, row.Account, row.Detail}
	}
}

// commentStands is what stands for a comment as it is now.
type commentStands struct {
	ID         int64
	At         time.Time
	AccountID  int64
	Said, Made string
	Resolved   bool
	ResolvedBy int64
	How, Done  string
}

// steps gives what is to be told of a comment.
func (c commentStands) steps() map[commentStep]toldOf {
	name := fmt.Sprint(c.ID)
	steps := map[commentStep]toldOf{{commentAction, name}: {account: c.AccountID, digest: c.Said}, {rowMade, name}: {digest: c.Made}}
	if c.Resolved {
		steps[commentStep{resolveAction, name}] = toldOf{account: c.ResolvedBy, digest: c.How}
		steps[commentStep{rowChanged, name}] = toldOf{digest: c.Done}
	}
	return steps
}

// verifyComments holds each comment, and who resolved it and how, against what the chain of accesses says of it.
func (s *Store) verifyComments(ctx context.Context, tx pgx.Tx, said map[commentStep]toldOf, v *Verdict) (*AuditFault, error) {
	found, err := collectFrom[commentStands](ctx, source{tx, s.queries}, "access_comments", pgx.NamedArgs{})
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		for step, want := range c.steps() {
			told, ok := said[step]
			switch {
			case !ok:
				return &AuditFault{Chain: "access", At: c.At, What: fmt.Sprintf("of the comment %d no row tells %s", c.ID, step.action)}, nil
			case told.account != want.account || told.digest != want.digest:
				return &AuditFault{Chain: "access", ID: told.row, At: told.at, What: fmt.Sprintf("the comment %d is not what was told by %s", c.ID, step.action)}, nil
			}
			delete(said, step)
		}
		v.Comments++
	}
	for step, told := range said {
		return &AuditFault{Chain: "access", ID: told.row, At: told.at, What: fmt.Sprintf("the comment %s is not there any more as %s told it", step.comment, step.action)}, nil
	}
	return nil, nil //nolint:nilnil // no fault
}
