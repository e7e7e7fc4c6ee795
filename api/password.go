package api

import (
	"bufio"
	"context"
	_ "embed" // the list of passwords that everybody tries
	"fmt"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"hetu/geo"
)

const (
	hashingWaits     = 8 // behind those that are hashed: more would wait longer than a person does
	leastPassword    = 10
	longestPassword  = 200 // characters
	passwordClasses  = 3
	longestName      = 64
	longestShownName = 100
	// strangersHash is what the password of a name that nobody has is held against, so that it is told neither by answer nor by time
	// that nobody has it. It is of no password, and has the cost of all others.
	strangersHash = "$argon2id$v=19$m=19456,t=2,p=1$aGV0dSBoZXR1IGhldHU$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
)

//go:embed passwords.txt
var commonPasswords string

// passwords hashes passwords, a few at a time: each takes 19 MiB and a processor, and half of these are left to those who look at the map.
type passwords struct{ places, turns chan struct{} }

func newPasswords() passwords {
	atOnce := max(1, runtime.GOMAXPROCS(0)/2)
	return passwords{places: make(chan struct{}, atOnce+hashingWaits), turns: make(chan struct{}, atOnce)}
}

// turn waits for a turn; where many wait already it refuses at once.
func (p passwords) turn(ctx context.Context) (done func(), err error) {
	select {
	case p.places <- struct{}{}:
	default:
		return nil, geo.Errorf(geo.CodeUnavailable, "too many log in at the moment: try again in a minute")
	}
	select {
	case p.turns <- struct{}{}:
		return func() { <-p.turns; <-p.places }, nil
	case <-ctx.Done():
		<-p.places
		return nil, geo.Wrapf(ctx.Err(), geo.CodeUnavailable, "too many log in at the moment: try again in a minute")
	}
}

// hash hashes a password that is new.
func (p passwords) hash(ctx context.Context, password string) (string, error) {
	done, err := p.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	hash, err := argon2id.CreateHash(norm.NFC.String(password), &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// matches tells whether a password is that of a hash; without a hash it does the same work, and says no.
func (p passwords) matches(ctx context.Context, password, hash string) (bool, error) {
	done, err := p.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	against := hash
	if against == "" {
		against = strangersHash
	}
	same, err := argon2id.ComparePasswordAndHash(norm.NFC.String(password), against)
	if err != nil {
		return false, fmt.Errorf("compare a password: %w", err)
	}
	return same && hash != "", nil
}

// userName gives a name as it is stored: what looks alike is the same.
func userName(sent string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(norm.NFKC.String(sent)))
	bad := strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-@", r)
	})
	if n := utf8.RuneCountInString(name); n == 0 || n > longestName || bad || !utf8.ValidString(sent) {
		return "", geo.InvalidField("/name", "%.40q is no user name: letters, digits and . _ - @, at most %d", name, longestName)
	}
	return name, nil
}

// UserName gives a name as it is stored, for the command line.
func UserName(sent string) (string, error) { return userName(sent) }

// passwordFault tells what is wrong with a new password, as the key of a sentence; "" is nothing.
func passwordFault(password, name string) string {
	n := utf8.RuneCountInString(password)
	classes := map[string]bool{}
	for _, r := range password {
		switch {
		case unicode.IsUpper(r):
			classes["upper"] = true
		case unicode.IsLower(r):
			classes["lower"] = true
		case unicode.IsDigit(r):
			classes["digit"] = true
		default:
			classes["other"] = true
		}
	}
	switch {
	case !utf8.ValidString(password) || n < leastPassword || n > longestPassword:
		return "password_length"
	case len(classes) < passwordClasses:
		return "password_classes"
	case name != "" && strings.Contains(strings.ToLower(password), name):
		return "password_name"
	case isCommon(password):
		return "password_common"
	default:
		return ""
	}
}

// isCommon tells whether a password is one of those that everybody tries, whatever stands around it.
func isCommon(password string) bool {
	plain := strings.ToLower(password)
	bare := strings.TrimFunc(plain, func(r rune) bool { return !unicode.IsLetter(r) })
	for lines := bufio.NewScanner(strings.NewReader(commonPasswords)); lines.Scan(); {
		if common := lines.Text(); common != "" && (plain == common || bare == common) {
			return true
		}
	}
	return false
}

// passwordRefused is the error of a fault in a new password.
func passwordRefused(fault string) error {
	said := map[string]string{
		"password_length":  fmt.Sprintf("has too few characters, or too many: %d to %d", leastPassword, longestPassword),
		"password_classes": "is of one or two kinds of characters: use three of upper case, lower case, digits and others",
		"password_name":    "holds the user name",
		"password_common":  "is one that everybody tries first",
	}[fault]
	return geo.FieldErrorf(geo.CodeRefused, "/password", "%s", said)
}
