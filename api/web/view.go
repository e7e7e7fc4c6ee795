package web

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// The languages of the pages; the first is what a reader gets who asks for none.
const (
	Chinese = "zh-CN"
	English = "en"
)

// Words are the sentences of one language by key.
type Words map[string]string

// ReadWords reads the words of a language.
func ReadWords(lang string) (Words, error) {
	text, err := fs.ReadFile(pages, "words/"+lang+".json")
	if err != nil {
		return nil, fmt.Errorf("read the words of %s: %w", lang, err)
	}
	var out Words
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("read the words of %s: %w", lang, err)
	}
	return out, nil
}

// View is what every page has: a language, a day, and the words and links that follow from them. Its methods are what the
// templates call.
type View struct {
	Lang       string
	AsOf       geo.Date
	Now        geo.Date // today
	Past       bool     // AsOf is not today
	Title      string
	Sample     bool   // the data is made up, and the page says so
	ApprovalNo string // 审图号
	Style      template.CSS
	Near       string // script of the locate button, "" when it was not built
	Who        string // script that shows who is logged in, as Near
	Path       string
	Query      url.Values
	Words      Words
}

// T gives a sentence in the reader's language, with its parts filled in. A key that has no words is an error: no page goes
// out with a hole in it.
func (v *View) T(key string, parts ...any) (string, error) {
	text, ok := v.Words[key]
	if !ok {
		return "", fmt.Errorf("no words for %q in %s", key, v.Lang)
	}
	if len(parts) == 0 {
		return text, nil
	}
	for i, part := range parts {
		if s, ok := part.(*string); ok && s != nil {
			parts[i] = *s
		}
	}
	return fmt.Sprintf(text, parts...), nil
}

// Banks gives the banks of an answer, the two as one where the same reaches answer for both.
func (v *View) Banks(banks []duty.OnBank) []duty.OnBank {
	if len(banks) != 2 || !slices.Equal(reachesOn(banks[0]), reachesOn(banks[1])) {
		return banks
	}
	both := banks[0]
	both.Bank = geo.Both
	return []duty.OnBank{both}
}

func reachesOn(b duty.OnBank) []int64 {
	var ids []int64
	for _, level := range b.Levels {
		for _, r := range level.Reaches {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// With is an item for a template that needs the view beside it.
type With struct {
	View *View
	Item any
}

// With puts an item beside the view.
func (v *View) With(item any) With { return With{View: v, Item: item} }

// IsTrue looks behind the pointer of an optional fact.
func (v *View) IsTrue(b *bool) bool { return b != nil && *b }

// Finding tells whether the page belongs to what is found, not to the map or to those who log in.
func (v *View) Finding() bool {
	return v.Path != "/map" && v.Path != "/login" && !strings.HasPrefix(v.Path, "/invite/")
}

// En tells whether the page is in English.
func (v *View) En() bool { return v.Lang == English }

// Name gives a name in the reader's language, the Chinese one where there is no other.
func (v *View) Name(name string, nameEn *string) string {
	if v.En() && nameEn != nil && *nameEn != "" {
		return *nameEn
	}
	return name
}

// NameLang is the language that Name answers in: a page in English says which of its names are Chinese.
func (v *View) NameLang(nameEn *string) string {
	if v.En() && nameEn != nil && *nameEn != "" {
		return English
	}
	return Chinese
}

// Link gives a path of ours with parameters, keeping the language and the day. Pairs of key and value.
func (v *View) Link(path string, pairs ...any) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(fmt.Sprint(pairs[i]), linkValue(pairs[i+1]))
	}
	if v.En() {
		q.Set("lang", English)
	}
	if v.Past && !q.Has("as_of") {
		q.Set("as_of", v.AsOf.String())
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func linkValue(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// River is the path of a river's page.
func (v *View) River(id int64) string { return v.Link("/r/" + strconv.FormatInt(id, 10)) }

// BoardPage is the path of a board's page.
func (v *View) BoardPage(id int64, code *string) string { return v.Link(duty.BoardPage(id, code)) }

// BoardNo is what a board's page is asked for by.
func (v *View) BoardNo(id int64, code *string) string { return duty.BoardToken(id, code) }

// Printed gives what a field of a board says, or what it would have to say.
func (v *View) Printed(text string) string {
	parts := strings.Split(text, "; ")
	if v.En() {
		return strings.ReplaceAll(strings.Join(parts, ", "), "(代管)", "(acting)")
	}
	return strings.ReplaceAll(strings.Join(parts, "、"), " (代管)", "（代管）")
}

// OnMap is the map with a river selected.
func (v *View) OnMap(id int64) string {
	return v.Link("/map", "sel", "river:"+strconv.FormatInt(id, 10))
}

// At is a place as a link's parameter, lon,lat.
func (v *View) At(p [2]float64) string {
	return strconv.FormatFloat(p[0], 'f', 6, 64) + "," + strconv.FormatFloat(p[1], 'f', 6, 64)
}

// OtherLanguage is this very page in the other language.
func (v *View) OtherLanguage() string {
	q := maps.Clone(v.Query)
	if v.En() {
		q.Del("lang")
	} else {
		q.Set("lang", English)
	}
	if len(q) == 0 {
		return v.Path
	}
	return v.Path + "?" + q.Encode()
}

// Today is this very page without its day.
func (v *View) Today() string {
	q := url.Values{}
	for key, values := range v.Query {
		if key != "as_of" {
			q[key] = values
		}
	}
	if len(q) == 0 {
		return v.Path
	}
	return v.Path + "?" + q.Encode()
}

// Level names a level: 市级.
func (v *View) Level(level geo.Level) (string, error) { return v.T(fmt.Sprintf("level_%d", level)) }

// Levels names levels in a row.
func (v *View) Levels(levels []geo.Level) (string, error) {
	names := make([]string, len(levels))
	for i, level := range levels {
		name, err := v.Level(level)
		if err != nil {
			return "", err
		}
		names[i] = name
	}
	if v.En() {
		return strings.Join(names, ", "), nil
	}
	return strings.Join(names, "、"), nil
}

// Bank names a bank.
func (v *View) Bank(bank geo.Bank) (string, error) { return v.T("bank_" + string(bank)) }

// Role names the role of a post, with the side of a dual chief: 河长（党委）.
func (v *View) Role(s duty.Seat) (string, error) {
	role, err := v.T("role_" + s.Role)
	if err != nil || s.DualRole == "" || s.DualRole == "none" {
		return role, err
	}
	side, err := v.T("dual_" + s.DualRole)
	if v.En() {
		return role + " (" + side + ")", err
	}
	return role + "（" + side + "）", err
}

// Dist writes metres as people say them: 85 米, 1.2 公里.
func (v *View) Dist(m float64) string {
	metre, km, sep := "米", "公里", " "
	if v.En() {
		metre, km = "m", "km"
	}
	switch {
	case m < 1:
		return "<" + sep + "1" + sep + metre
	case m < 999.5:
		return strconv.FormatFloat(math.Round(m), 'f', 0, 64) + sep + metre
	case m < 99_950:
		return strconv.FormatFloat(m/1000, 'f', 1, 64) + sep + km
	default:
		return strconv.FormatFloat(m/1000, 'f', 0, 64) + sep + km
	}
}

// Km2 writes an area.
func (v *View) Km2(a float64) string {
	unit := " 平方公里"
	if v.En() {
		unit = " km²"
	}
	whole, rest, _ := strings.Cut(strconv.FormatFloat(a, 'f', -1, 64), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	return whole + unit
}

// Lonlat writes a position as it stands in our links: lon, lat.
func (v *View) Lonlat(lon, lat float64) string {
	return strconv.FormatFloat(lon, 'f', 5, 64) + ", " + strconv.FormatFloat(lat, 'f', 5, 64)
}

// Tel is a phone number as a tel: link takes it.
func (v *View) Tel(phone string) string {
	var out strings.Builder
	for i, r := range phone {
		if r >= '0' && r <= '9' || i == 0 && r == '+' {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// Phone is a phone number as the page prints it: abroad a reader needs the country and not the leading zero.
func (v *View) Phone(phone string) string {
	if !v.En() || strings.HasPrefix(phone, "+") || len(v.Tel(phone)) < 10 {
		return phone
	}
	return "+86 " + strings.Replace(strings.TrimPrefix(phone, "0"), "-", " ", 1)
}

// alongRows bounds how many things along a route a page lists: a page of a great river stays readable, and small.
const alongRows = 300

// First gives the first of what lies along a route.
func (v *View) First(items []duty.ProfileItem) []duty.ProfileItem {
	return items[:min(len(items), alongRows)]
}

// AlongFile is a river's profile as a file.
func (v *View) AlongFile(id int64, form string) string {
	return fmt.Sprintf("/api/v1/hydro/rivers/%d/profile?f=%s&as_of=%s", id, form, v.AsOf)
}

// K writes a measure: K12+345.
func (v *View) K(m float64) string { return lref.Label(m) }

// Chiefs gives the posts of who answers for a reach.
func (v *View) Chiefs(posts []duty.Seat) (out []duty.Seat) {
	for _, s := range posts {
		if duty.IsChief(s.Role) {
			out = append(out, s)
		}
	}
	return out
}

// ItemState says how a thing along a river stands; "" where its chiefs say so.
func (v *View) ItemState(i duty.ProfileItem) (string, error) {
	if i.State == nil || i.Kind == duty.ReachItem && *i.State != string(duty.NoChiefPost) {
		return "", nil
	}
	switch i.Kind {
	case duty.BoardItem:
		return v.T("state_" + *i.State)
	case duty.OutfallItem:
		return v.T("approval_" + *i.State)
	default:
		return v.T("lack_" + *i.State)
	}
}
