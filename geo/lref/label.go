package lref

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"hetu/geo"
)

const (
	// maxLabelBytes bounds what is read as a measure, before anything is made of it.
	maxLabelBytes = 64
	// maxLabelM is the measure up to which Label and ParseLabel go: more than any river has, and exact to the micrometre.
	maxLabelM = 1e9
)

// Label writes a measure in metres as it stands on boards and plans (里程、桩号): K12+345, rounded to the metre, so that 999.6
// is K1+000. What is not a measure, NaN or past a million kilometres, is K?.
func Label(m float64) string {
	if !(math.Abs(m) < maxLabelM) {
		return "K?"
	}
	n := int64(math.Round(m))
	if n < 0 {
		return fmt.Sprintf("-K%d+%03d", -n/1000, -n%1000)
	}
	return fmt.Sprintf("K%d+%03d", n/1000, n%1000)
}

// fineLabel writes a measure to the centimetre, rounded into a route whose end it is: what is typed back lies on the route.
func fineLabel(m float64, roundFunc func(float64) float64) string {
	if !(math.Abs(m) < maxLabelM) {
		return "K?"
	}
	n, sign := int64(roundFunc(math.Round(m*1e4)/100)), "" // a hundredth of a centimetre is noise of the stored number
	if n < 0 {
		n, sign = -n, "-"
	}
	return fmt.Sprintf("%sK%d+%03d.%02d", sign, n/100000, n/100%1000, n%100)
}

var (
	stationed   = regexp.MustCompile(`^(-?)[Kk]?([0-9]{1,7})\+([0-9]{3}(?:\.[0-9]+)?)$`)
	plainMetres = regexp.MustCompile(`^-?[0-9]{1,10}(?:\.[0-9]+)?$`)
	longMetres  = regexp.MustCompile(`^-?[Kk]?[0-9]+\+[0-9]+(?:\.[0-9]+)?$`)
)

// ParseLabel reads a measure (里程、桩号) and gives metres: K12+345, k12+345.6, 12+345, -K0+020, the same in full-width
// characters, or plain metres as 12345.6. Three digits stand between + and the point, for K12+1345 and K12+5 are slips of the pen
// that could mean two places. Anything else is an error of geo.CodeInvalid that shows how to write it.
func ParseLabel(s string) (float64, error) {
	if len(s) > maxLabelBytes {
		return 0, geo.Errorf(geo.CodeInvalid, "a measure of %d bytes is too long: write it as K12+345, K12+345.6 or 12345.6", len(s))
	}
	t := strings.TrimSpace(strings.Map(halfWidth, s))
	var m float64
	var err error
	switch part := stationed.FindStringSubmatch(t); {
	case part != nil:
		km, _ := strconv.ParseFloat(part[2], 64) // the pattern holds what a number is
		m, err = strconv.ParseFloat(part[3], 64)
		m += km * 1000
		if part[1] == "-" {
			m = -m
		}
	case plainMetres.MatchString(t):
		m, err = strconv.ParseFloat(t, 64)
	case longMetres.MatchString(t):
		return 0, geo.Errorf(geo.CodeInvalid, "the measure %q needs three digits for the metres after +: write 12 km and 5 m as K12+005", s)
	default:
		return 0, geo.Errorf(geo.CodeInvalid, "%q is not a measure: write it as K12+345, K12+345.6 or 12345.6", s)
	}
	if err != nil || !(math.Abs(m) < maxLabelM) {
		return 0, geo.Errorf(geo.CodeInvalid, "the measure %q is past the end of any river: write it as K12+345, K12+345.6 or 12345.6", s)
	}
	return m + 0, nil // -0 becomes 0
}

// halfWidth gives the ASCII character that a Chinese keyboard sets in full width, and the hyphen for the minus of typesetters.
func halfWidth(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == '−':
		return '-'
	default:
		return r
	}
}
