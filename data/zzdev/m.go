package main

import (
"math"
"os"
"strconv"
)

func atanhsin(lat float64) float64 { return math.Atanh(math.Sin(lat*math.Pi/180)) / (2 * math.Pi) }

func zlist() []int {
	if z := os.Getenv("Z"); z != "" {
		v, _ := strconv.Atoi(z)
		return []int{v}
	}
	return []int{5, 8, 10, 12, 14}
}
