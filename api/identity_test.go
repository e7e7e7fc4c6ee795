package api_test

import (
	"testing"

	"hetu/api"
	"hetu/data/pg"
	"hetu/geo/access"
)

// newAccount makes an account with a role in a division, the id of which is given; access.Public is no role.
func newAccount(t *testing.T, s *pg.Store, name string, role access.Role, division int64) access.Actor {
	t.Helper()
	id, err := s.NewAccount(t.Context(), access.Actor{}, access.Account{Name: name, DisplayName: name, Division: division})
	if err != nil {
		t.Fatal(err)
	}
	who := access.Actor{Account: id, Name: name}
	if role != access.Public {
		who.Grants = []access.Grant{{Role: role, Division: division}}
		if _, err := s.Grant(t.Context(), access.Actor{}, id, who.Grants[0]); err != nil {
			t.Fatal(err)
		}
	}
	return who
}

// newKey makes a key for all that an account may, and gives what is sent as Authorization.
func newKey(t *testing.T, s *pg.Store, who access.Actor) string {
	t.Helper()
	id, shown, hash := api.NewKey()
	k := access.Key{ID: id, Account: who.Account, Name: "test", EndsAt: today().AddDate(0, 1, 0)}
	for _, g := range who.Grants {
		k.Roles = append(k.Roles, g.Role)
	}
	if err := s.NewKey(t.Context(), who, k, hash); err != nil {
		t.Fatal(err)
	}
	return "Bearer " + shown
}
