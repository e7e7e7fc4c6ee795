// Package rules is the quality control (质检) of a demarcated boundary: the rules G1 to G21 of domain.md 4.4, each a small function
// that tells where a drawn boundary breaks it, by how much, and in Chinese and English what helps. Blockers stop publishing; warnings
// take a waiver with a name and a reason ([Gate]). The rules look at the whole or at a changed range of the route, and find the same
// there. Nothing here does I/O; PostGIS is the oracle of what is valid and simple, in the tests.
package rules
