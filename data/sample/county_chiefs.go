package sample

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"hetu/data/pg"
	"hetu/geo"
)

// seat is a post with those who held it.
type seat struct {
	pg.Post
	held []pg.Appointment
}

// person adds an invented person, whose name says so, and gives the key.
func (c *county) person(name string) pg.Key {
	key := c.key("person", name)
	if _, ok := c.people[key]; !ok {
		c.people[key] = "示例河长·" + name
		c.add(pg.Person{Record: c.record(key, geo.Since(c.since), "人员"), Name: c.people[key], IsSample: true})
	}
	return key
}

// addPost adds a post; the appointments follow with appoint. Its key is that of the reach or division with role and dual role.
func (c *county) addPost(p pg.Post, of pg.Key) *seat {
	p.Record = c.record(pg.Key("post:"+string(of)+":"+p.Role+":"+p.DualRole), geo.Since(c.since), "电话、责任单位")
	p.PhonePublic = c.phone()
	p.ResponsibleUnit = "示例责任单位"
	c.seats = append(c.seats, &seat{Post: p})
	c.add(p)
	return c.seats[len(c.seats)-1]
}

// appoint adds who holds a post in a period. doc is what made it public, and when: on the period's first day. Without one,
// nothing was announced.
func (c *county) appoint(s *seat, person pg.Key, position string, valid geo.Period, doc pg.Key) {
	a := pg.Appointment{
		Record: c.record(pg.Key(string(s.Key)+"#"+strconv.Itoa(len(s.held)+1)), valid, "人员、职务"),
		Post:   s.Key, Person: person, Position: position, AppointDoc: doc,
	}
	if doc != "" {
		a.PublishDate = valid.From
	}
	c.hold(s, a)
}

// act adds who stands in for a vacant post (代管), which nobody announced.
func (c *county) act(s *seat, person pg.Key, position string, valid geo.Period, note string) {
	c.hold(s, pg.Appointment{
		Record: c.record(pg.Key(string(s.Key)+"#"+strconv.Itoa(len(s.held)+1)), valid, "人员、职务"),
		Post:   s.Key, Person: person, Position: position, Acting: true, Note: note,
	})
}

func (c *county) hold(s *seat, a pg.Appointment) {
	s.held = append(s.held, a)
	c.add(a)
}

// chiefPost adds the post of a reach's chief.
func (c *county) chiefPost(r *reach, dual string) *seat {
	return c.addPost(pg.Post{Level: r.Level, Role: "chief", DualRole: dual, Reach: r.Key, Title: r.Name + "河长"}, r.Key)
}

// headPost adds a post that answers for a whole division.
func (c *county) headPost(d *division, role, dual, title string) *seat {
	return c.addPost(pg.Post{Level: d.level, Role: role, DualRole: dual, Division: d.key, Title: title}, d.key)
}

// leaders names the two posts of a town's party and government.
func leaders(kind string) (party, government string) {
	switch kind {
	case "街道", "社区":
		return "党工委书记（示例）", "主任（示例）"
	case "苏木":
		return "党委书记（示例）", "苏木达（示例）"
	default:
		return "党委书记（示例）", kind + "长（示例）"
	}
}

// document adds a legal document and gives its key.
func (c *county) document(kind, title, issuer string, dated geo.Date) pg.Key {
	key := c.key("document", kind, dated.String())
	c.add(pg.LegalDoc{Record: c.record(key, geo.Since(dated), "文件标题"), Kind: kind, Title: title, Issuer: issuer, Dated: dated})
	return key
}

// shown is what a board says: who was in office on the day, at every level, on the reaches that hold its place and bank; on
// a village's board the village's chiefs too. The phone is that of the first of the board's own level.
func (c *county) shown(r *river, m float64, bank geo.Bank, village pg.Key, level geo.Level, on geo.Date) (chiefs []any, phone string) {
	for _, s := range c.seats {
		i := slices.IndexFunc(r.reaches, func(x *reach) bool { return x.Key == s.Reach })
		if i < 0 && (village == "" || s.Division != village) {
			continue
		}
		if i >= 0 {
			x := r.reaches[i]
			if m < x.FromM || m > x.ToM || (x.BankScope != geo.Both && x.BankScope != bank) {
				continue
			}
		}
		for _, a := range s.held {
			if !a.Valid.Contains(on) {
				continue
			}
			if phone == "" && s.Level == level {
				phone = s.PhonePublic
			}
			chiefs = append(chiefs, map[string]any{
				"level": int(s.Level), "role": s.Role, "dual_role": s.DualRole, "acting": a.Acting, "title": s.Title,
				"name": c.people[a.Person], "position": a.Position, "phone": s.PhonePublic,
			})
		}
	}
	return chiefs, phone
}

// addBoard puts up a board on a reach at a measure, with one row for each day its text was made. village is set where it
// is a village's.
func (c *county) addBoard(x *reach, m float64, village pg.Key, made ...geo.Date) error {
	c.boards++
	bank := []geo.Bank{geo.Left, geo.Right}[c.boards%2]
	if x.BankScope != geo.Both {
		bank = x.BankScope
	}
	at, err := beside(x.of.route, m, bank, 25)
	if err != nil {
		return fmt.Errorf("a board of %s: %w", x.Name, err)
	}
	level, in := x.Level, x.Division
	switch {
	case village != "":
		level, in = geo.Village, village
	case level < geo.County: // it stands in the county, whoever's board it is
		in = c.division().key
	}
	code := fmt.Sprintf("%s-B%04d", c.code, c.boards)
	for i, on := range made {
		valid := geo.Since(on)
		if i+1 < len(made) {
			valid.To = made[i+1]
		}
		chiefs, phone := c.shown(x.of, m, bank, village, level, on)
		c.add(pg.Board{
			Record: c.record(c.key("board", code), valid, "位置与内容"),
			Code:   code, Level: level, Reaches: []pg.Key{x.Key}, Bank: bank, Division: in, SiteText: x.Name + "公示牌处（示例）",
			InstalledOn: made[0], ContentDate: on, State: "ok", LastChecked: on, Geom: point(at),
			Content: map[string]any{
				"river": x.of.name, "reach": x.Name, "start": x.StartPlace, "end": x.EndPlace, "length_m": int(math.Round(x.ToM - x.FromM)),
				"chiefs": chiefs, "phone": phone, "notice": Notice,
			},
		})
	}
	return nil
}
