package project

import (
	"time"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
)

// Project is a boundary project in one of its revisions.
type Project struct {
	ID            int64
	Revision      int
	Name          string
	River         int64
	RiverName     string
	Route         int64
	FromM, ToM    float64 // the range of the route's measures that its lines lie opposite
	Division      int64   // that leads it
	LeadLevel     geo.Level
	Partners      []int64 // divisions that work on it too
	RuleProfile   string
	StakeProfile  string // how close its stakes stand, as they were placed; "": as its rule profile says
	LegalDoc      int64  // the target document; 0: none yet
	Status        Status
	DraftedBy     []int64 // accounts that ever drafted on it
	ApprovedBy    int64
	AnnouncedBy   int64
	EffectiveFrom geo.Date
	CreatedOn     geo.Date
	ChangedAt     time.Time // when this revision was recorded
	Declared      *Declared // nil: nothing
}

// Declared is what a project declares for the quality rules to hold it against.
type Declared struct {
	Enclaves    [][2]float64 `json:"enclaves,omitempty"`     // positions, lon and lat, within holes of its area that are meant 飞地
	TextLengths []TextLength `json:"text_lengths,omitempty"` // that its texts tell, as its announcement
}

// TextLength is a length that a text tells.
type TextLength struct {
	Of     string  `json:"of"` // route, left, right, banks: the two together
	Metres float64 `json:"metres"`
	Where  string  `json:"where"` // in which text
}

// With gives what is declared once some of it is declared anew; nil changes nothing.
func (d *Declared) With(enclaves *[][2]float64, lengths *[]TextLength) *Declared {
	var out Declared
	if d != nil {
		out = *d
	}
	if enclaves != nil {
		out.Enclaves = *enclaves
	}
	if lengths != nil {
		out.TextLengths = *lengths
	}
	if len(out.Enclaves)+len(out.TextLengths) == 0 {
		return nil
	}
	return &out
}

// Piece is a part of one bank's line as it is stored.
type Piece struct {
	ID  int64  // of the boundary
	Key string // its natural key
	demarc.Piece
	Status   Status
	SHA256   string // of an announced one
	LegalDoc int64
}

// Lines gives the pieces as those who check and measure take them.
func Lines(pieces []Piece) demarc.Lines {
	var out demarc.Lines
	for _, p := range pieces {
		out.Pieces = append(out.Pieces, p.Piece)
	}
	return out
}

// Entry is a line of a project's log: one revision.
type Entry struct {
	Revision int       `json:"revision"`
	Base     int       `json:"base"` // the revision that it was built on
	Kind     string    `json:"kind"` // create, edit, commit, transition
	Status   Status    `json:"status"`
	Account  int64     `json:"account_id"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Ranges   []Range   `json:"ranges"` // that it touched
	SHA256   *string   `json:"content_sha256"`
	Note     string    `json:"note"`
	Overrode []int64   `json:"overrode"` // accounts that held a lease on what it touched
}

// Comment is a remark 意见 on a range of a revision.
type Comment struct {
	ID         int64      `json:"id"`
	Revision   int        `json:"revision"`
	Bank       geo.Bank   `json:"bank"`
	FromM      float64    `json:"from_m"`
	ToM        float64    `json:"to_m"`
	Lon        *float64   `json:"lon"`
	Lat        *float64   `json:"lat"`
	ReplyTo    *int64     `json:"reply_to"`
	Blocking   bool       `json:"blocking"` // it has to be dealt with before approval
	Text       string     `json:"text"`
	Account    int64      `json:"account_id"`
	By         string     `json:"by"`
	At         time.Time  `json:"at"`
	ResolvedBy *string    `json:"resolved_by"`
	ResolvedAt *time.Time `json:"resolved_at"`
	Resolution *string    `json:"resolution"`
}

// Lease says who is at work on a range until when; it keeps nobody away.
type Lease struct {
	Session string    `json:"session"`
	Account int64     `json:"account_id"`
	By      string    `json:"by"`
	Bank    geo.Bank  `json:"bank"`
	FromM   float64   `json:"from_m"`
	ToM     float64   `json:"to_m"`
	Until   time.Time `json:"until"`
}

// Op is one operation of a draft, as the one who drafts sent it.
type Op struct {
	Session string
	Seq     int
	Base    int
	Account int64
	By      string
	At      time.Time
	Op      string // a JSON object
	Ended   string // how: committed or discarded; "" while it is open
}

// Limits of the operations of one account in a project: of those that are open, neither committed nor discarded, and of those of a day, however many of
// them were ended.
const (
	MaxOpenOps      = 10_000
	MaxOpenOpsBytes = 8 << 20
	MaxOpsADay      = 50_000
	MaxOpsBytesADay = 64 << 20
)

// OpenDraft is how far the draft of an account is.
type OpenDraft struct {
	Last  int   // the number of the last operation of the session
	Ops   int   // that are open, of all sessions of the account
	Bytes int64 // of these
}

// Fits refuses further operations: d is what would be open with them, and dayOps and dayBytes what was added on the day.
func (d OpenDraft) Fits(dayOps int, dayBytes int64) error {
	switch {
	case d.Bytes > MaxOpenOpsBytes:
		return geo.FieldErrorf(geo.CodeTooLarge, "/ops", "your draft of the project would hold %d bytes of operations; at most %d are open at a time: commit what you drew, or discard the draft, then send them again", d.Bytes, MaxOpenOpsBytes)
	case d.Ops > MaxOpenOps:
		return geo.FieldErrorf(geo.CodeConflict, "/ops", "your draft of the project would hold %d operations; at most %d are open at a time: commit what you drew, or discard the draft, then send them again", d.Ops, MaxOpenOps)
	case dayOps > MaxOpsADay || dayBytes > MaxOpsBytesADay:
		return geo.FieldErrorf(geo.CodeTooMany, "/ops", "you would have sent %d operations of %d bytes to the project today; at most %d of %d are taken a day: commit what you have, and go on tomorrow", dayOps, dayBytes, MaxOpsADay, MaxOpsBytesADay)
	default:
		return nil
	}
}

// Discarded is what a discard ended.
type Discarded struct {
	Ops    int    `json:"ops"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of what they said; "" of none
}

// ChangeRequest 变更申请 asks to change an announced line by a project.
type ChangeRequest struct {
	ID       int64    `json:"id"`
	Project  int64    `json:"project_id"`
	Boundary int64    `json:"boundary_id"`
	Cause    string   `json:"cause"` // works, error, law
	Reason   string   `json:"reason"`
	Status   string   `json:"status"` // open, approved, refused, done
	AskedBy  int64    `json:"asked_by"`
	Decided  *int64   `json:"decided_by"`
	AskedOn  geo.Date `json:"asked_on"`
}

// Finding is a quality finding that was stored when the project was checked.
type Finding struct {
	ID       int64
	Boundary int64
	Run      string
	demarc.Finding
	WaivedBy, WaiverReason string
}

// Document is a legal document 文件 with the file that it is.
type Document struct {
	ID       int64    `json:"id"`
	Kind     string   `json:"kind"`
	Number   *string  `json:"number"`
	Title    string   `json:"title"`
	Issuer   *string  `json:"issuer"`
	Dated    geo.Date `json:"dated"`
	SHA256   *string  `json:"file_sha256"`
	Division *int64   `json:"division_id"`
}

// Version is one of the versions of a boundary.
type Version struct {
	Version   int       `json:"version"`
	Status    Status    `json:"status"`
	ValidFrom geo.Date  `json:"valid_from"`
	ValidTo   geo.Date  `json:"valid_to"`
	Recorded  time.Time `json:"recorded_from"`
	Closed    time.Time `json:"recorded_to,omitzero"`
	FromM     *float64  `json:"from_m"`
	ToM       *float64  `json:"to_m"`
	Document  *int64    `json:"legal_doc_id"`
	SHA256    *string   `json:"geom_sha256"`
	Project   *int64    `json:"project_id"`
}

// Subject is what a checker looks at.
type Subject struct {
	On      geo.Date // whose state it is; zero: today's, beside lines as they were announced
	Project Project
	Stretch demarc.Stretch
	Lines   demarc.Lines
	Around  Around
}

// Box is the extent of lines, for what is looked for around them.
func Box(lines []*geom.LineString) geo.Extent {
	e := geo.Extent{West: 180, South: 90, East: -180, North: -90}
	for _, line := range lines {
		flat, stride := line.FlatCoords(), line.Stride()
		for i := 0; i+1 < len(flat); i += stride {
			e.West, e.East = min(e.West, flat[i]), max(e.East, flat[i])
			e.South, e.North = min(e.South, flat[i+1]), max(e.North, flat[i+1])
		}
	}
	return e
}
