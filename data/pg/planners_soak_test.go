//go:build soak

package pg_test

const (
	planners       = 50
	plannerCommits = 200
	projectKills   = 50
	lifecycles     = 60
)
