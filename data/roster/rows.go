package roster

import (
	"hetu/geo"
	"hetu/geo/duty"
)

// What is told of a row, and how it is read again: of each kind two functions, which name the same things in the same order.

func (p *packer) river(r *River) {
	p.span(r.Valid)
	p.word(r.CodeScheme)
	p.text(r.Code)
	p.text(r.Name)
	p.text(r.NameEn)
	p.word(r.Kind)
	levels := make([]byte, 0, 8)
	for _, l := range r.Levels {
		levels = append(levels, byte(l)) //nolint:gosec // 1 to 6
	}
	p.word(levels)
	switch {
	case r.Perennial == nil:
		p.uint(0)
	case *r.Perennial:
		p.uint(1)
	default:
		p.uint(2)
	}
}

func (r *reader) river(id int64) (duty.River, Span) {
	valid := r.span()
	out := duty.River{ID: id, CodeScheme: r.word(), Code: r.text(), Name: said(r.text()), NameEn: r.text(), Kind: said(r.word()), Levels: []geo.Level{}}
	for _, l := range r.bytes() {
		out.Levels = append(out.Levels, geo.Level(l))
	}
	if v := r.uint(); v > 0 {
		out.Perennial = new(v == 1)
	}
	return out, valid
}

func (p *packer) route(r *Route, m measures) {
	p.span(r.Valid)
	p.int(r.River)
	p.uint(uint64(m.positions)) //nolint:gosec // a count
	p.uint(uint64(len(m.knots)))
	last := 0
	for _, k := range m.knots {
		p.uint(uint64(k.at - last)) //nolint:gosec // in ascending order
		p.num(k.m)
		last = k.at
	}
}

func (r *reader) route() (river int64, m measures, valid Span) {
	valid = r.span()
	river = r.int()
	m.positions = int(r.uint()) //nolint:gosec // as it was written
	at := 0
	for range r.uint() {
		at += int(r.uint()) //nolint:gosec // as it was written
		m.knots = append(m.knots, knot{at, r.num()})
	}
	return river, m, valid
}

func (p *packer) reach(r *Reach) {
	p.span(r.Valid)
	p.int(r.Division)
	p.num(r.FromM)
	p.num(r.ToM)
	p.uint(uint64(r.Level)) //nolint:gosec // 1 to 6
	p.word(r.BankScope)
	p.text(r.Code)
	p.text(r.Name)
	p.text(r.StartPlace)
	p.text(r.EndPlace)
}

func (r *reader) reach(id, route int64) (duty.Reach, Span) {
	valid := r.span()
	return duty.Reach{
		ID: id, RouteID: route, DivisionID: r.int(), FromM: r.num(), ToM: r.num(), Level: geo.Level(r.uint()), BankScope: geo.Bank(said(r.word())), //nolint:gosec // 1 to 6
		Code: r.text(), Name: r.text(), StartPlace: r.text(), EndPlace: r.text(),
	}, valid
}

func (p *packer) division(d *Division) {
	p.span(d.Valid)
	if d.Parent == nil {
		p.int(0) // no feature's id
	} else {
		p.int(*d.Parent)
	}
	p.uint(uint64(d.Level)) //nolint:gosec // 1 to 6
	p.text(d.Code)
	p.text(d.Name)
	p.text(d.NameEn)
	p.word(d.Kind)
}

func (r *reader) division(id int64) (duty.Division, Span) {
	valid := r.span()
	out := duty.Division{ID: id}
	if parent := r.int(); parent != 0 {
		out.ParentID = &parent
	}
	out.Level, out.Code, out.Name, out.NameEn, out.Kind = geo.Level(r.uint()), said(r.text()), said(r.text()), r.text(), said(r.word()) //nolint:gosec // 1 to 6
	return out, valid
}

func (p *packer) post(x *Post) {
	p.span(x.Valid)
	p.uint(uint64(x.Of))
	p.uint(uint64(x.Level)) //nolint:gosec // 1 to 6
	p.word(x.Role)
	p.word(x.DualRole)
	p.word(x.Title)
	p.word(x.ResponsibleUnit)
	p.text(x.PhonePublic)
}

func (r *reader) post(id, owner int64) (duty.Post, Span) {
	valid := r.span()
	out := duty.Post{ID: id}
	switch Owner(r.uint()) { //nolint:gosec // as it was written
	case OfReach:
		out.ReachID = &owner
	case OfRiver:
		out.RiverID = &owner
	case OfDivision:
		out.DivisionID = &owner
	}
	out.Level, out.Role, out.DualRole, out.Title = geo.Level(r.uint()), said(r.word()), said(r.word()), said(r.word()) //nolint:gosec // 1 to 6
	out.ResponsibleUnit, out.PhonePublic = r.word(), r.text()
	return out, valid
}

func (p *packer) appointment(a *Appointment) {
	p.span(a.Valid)
	p.int(a.PersonID)
	if a.Acting {
		p.uint(1)
	} else {
		p.uint(0)
	}
	p.word(a.Person)
	p.word(a.Position)
	p.word(a.Document)
	p.text(a.Note)
	p.int(int64(a.Published))
}

func (r *reader) appointment() duty.Appointment {
	valid := r.span()
	return duty.Appointment{
		Valid: geo.Period{From: valid.From.date(), To: valid.To.date()}, PersonID: r.int(), Acting: r.uint() == 1,
		Person: said(r.word()), Position: r.word(), Document: r.word(), Note: r.text(), PublishDate: r.day(),
	}
}

func (p *packer) board(b *Board) {
	p.span(b.Valid)
	p.uint(uint64(b.Level)) //nolint:gosec // 1 to 6
	p.uint(uint64(len(b.Reaches)))
	for _, id := range b.Reaches {
		p.int(id)
	}
	p.text(b.Code)
	p.text(b.SiteText)
	p.word(b.State)
	p.int(int64(b.InstalledOn))
	p.int(int64(b.ContentOn))
	p.num(b.Lon)
	p.num(b.Lat)
	p.word(b.Content) // boards of one reach often show the same
}

func (r *reader) board(id int64) (duty.Board, Span) {
	valid := r.span()
	out := duty.Board{ID: id, Level: geo.Level(r.uint())} //nolint:gosec // 1 to 6
	for range r.uint() {
		out.ReachIDs = append(out.ReachIDs, r.int())
	}
	out.Code, out.SiteText, out.State, out.InstalledOn, out.ContentDate, out.Lon, out.Lat = r.text(), r.text(), said(r.word()), r.day(), r.day(), r.num(), r.num()
	if content, unread := duty.ReadContent(r.bytes()); unread == nil { // else it is not known; the review of boards tells that
		out.Content = content
	}
	return out, valid
}
