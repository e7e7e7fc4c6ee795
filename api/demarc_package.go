package api

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"hetu/geo"
	"hetu/geo/project"
	"hetu/geo/project/gate"
)

// packageOf makes of a project what is handed over. All that goes in is of the project's own state, so that one state gives one package.
func (s *server) packageOf(ctx context.Context, subject project.Subject) (project.Package, error) {
	divisions, err := s.Store.DivisionsAbove(ctx, subject.Stretch.Divisions, subject.On)
	if err != nil {
		return project.Package{}, err
	}
	out := gate.PackageOf(subject, divisions)
	if s.Rules != nil {
		out.Rule = gate.RuleInWords(s.Rules, subject.Project.RuleProfile)
	}
	return out, nil
}

// projectPackage serves GET /api/v1/projects/{id}/package.zip?encoding=&zone=&template=&as_of=: the package of results 成果包. That of an announced project is of the day from
// which it is in force, or of another that is asked for.
func (s *server) projectPackage(w http.ResponseWriter, r *http.Request) error {
	p, err := parseParams(r, "encoding", "zone", "template", "as_of")
	if err != nil {
		return err
	}
	var o project.PackageOptions
	if o.Encoding = strings.ToUpper(p.values.Get("encoding")); p.values.Has("encoding") && o.Encoding != "GBK" && o.Encoding != "UTF-8" {
		return geo.InvalidField("encoding", "%q is no encoding of packages: GBK or UTF-8", shortened(p.values.Get("encoding")))
	}
	zone, err := p.id("zone")
	if err != nil {
		return err
	}
	o.Zone, o.Template = int(min(zone, 1<<30)), p.values.Get("template")
	var asOf geo.Date
	if p.values.Has("as_of") {
		at, err := p.moment(s.Now())
		if err != nil {
			return err
		}
		asOf = at.AsOf
	}
	id, err := s.projectID(r, "encoding", "zone", "template", "as_of")
	if err != nil {
		return err
	}
	subject, err := s.Store.PackageSubject(r.Context(), actorOf(r.Context()), id, asOf)
	if err != nil {
		return err
	}
	return s.handOver(w, r, subject, "package.zip", func(ctx context.Context, out *bytes.Buffer, p project.Package) error {
		return s.Packages.Package(ctx, out, p, o)
	})
}
