package geo

import (
	"fmt"
	"strings"
)

// Listed writes values for people: planner, reviewer. Of none it is "".
func Listed[T any](of []T) string {
	words := make([]string, 0, len(of))
	for _, v := range of {
		words = append(words, fmt.Sprint(v))
	}
	return strings.Join(words, ", ")
}
