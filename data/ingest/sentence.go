package ingest

import "fmt"

// Sentence is what a report says, in both languages of the house.
type Sentence struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// String is the English text.
func (s Sentence) String() string { return s.En }

// In gives the text in a language: "zh", else English.
func (s Sentence) In(lang string) string {
	if lang == "zh" {
		return s.Zh
	}
	return s.En
}

// sayf makes a sentence; both texts take the same arguments in the same order.
func sayf(en, zh string, args ...any) *Sentence {
	return &Sentence{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, args...)}
}
