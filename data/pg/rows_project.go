package pg

import (
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/project"
)

// Project is a boundary project 划界项目 in one of its revisions.
type Project struct {
	Record
	Name          string    `db:"name"`
	River         Key       `db:"river_id"`
	Route         Key       `db:"route_id"`
	FromM         float64   `db:"from_m"`
	ToM           float64   `db:"to_m"`
	Division      Key       `db:"division_id"`
	LeadLevel     geo.Level `db:"lead_level"`
	Partners      []Key     `db:"partner_division_ids"`
	RuleProfile   string    `db:"rule_profile"`
	StakeProfile  string    `db:"stake_profile"`
	LegalDoc      Key       `db:"legal_doc_id"`
	Status        string    `db:"status"`
	Revision      int       `db:"revision"`
	DraftedBy     []int64   `db:"drafted_by"`
	ApprovedBy    *int64    `db:"approved_by"`
	AnnouncedBy   *int64    `db:"announced_by"`
	EffectiveFrom geo.Date  `db:"effective_from"`

	Declared *project.Declared `db:"declared"`
}

// ChangeRequest is a 变更申请 of an announced boundary.
type ChangeRequest struct {
	Record
	Boundary  Key    `db:"boundary_id"`
	Cause     string `db:"cause"` // works, error, law
	Reason    string `db:"reason"`
	Status    string `db:"status"` // open, approved, refused, done
	Project   Key    `db:"project_id"`
	AskedBy   *int64 `db:"asked_by"`
	DecidedBy *int64 `db:"decided_by"`
}

// Finding is a quality finding 质检问题 of a project.
type Finding struct {
	Record
	Boundary     Key      `db:"boundary_id"`
	Project      Key      `db:"project_id"`
	Run          string   `db:"run"`
	Rule         string   `db:"rule"`
	Severity     string   `db:"severity"` // blocker, warning, info
	Bank         geo.Bank `db:"bank"`
	FromM        *float64 `db:"from_m"`
	ToM          *float64 `db:"to_m"`
	Size         *float64 `db:"size"`
	Unit         string   `db:"unit"`
	Detail       string   `db:"detail"` // Chinese
	DetailEn     string   `db:"detail_en"`
	WaivedBy     string   `db:"waived_by"`
	WaiverReason string   `db:"waiver_reason"`
	Geom         geom.T   `db:"geom"`
}

// Entity implements [Row].
func (Project) Entity() string { return "project" }

// Entity implements [Row].
func (ChangeRequest) Entity() string { return "change_request" }

// Entity implements [Row].
func (Finding) Entity() string { return "finding" }
