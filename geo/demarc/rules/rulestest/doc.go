// Package rulestest makes boundaries of which it is known what is right and what is wrong with them, for tests of the rules: rivers drawn
// from a curve, whose banks, levees and boundaries are the curve moved sideways by arithmetic and not by the code under test; and faults
// of one kind each, of which it is known where they are.
package rulestest
