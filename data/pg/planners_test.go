//go:build !soak

package pg_test

// What make test does of the planners at work on one project, and of processes that are killed; make soak does more.
const (
	planners       = 10
	plannerCommits = 10
	projectKills   = 5
	lifecycles     = 3 // histories of projects
)
