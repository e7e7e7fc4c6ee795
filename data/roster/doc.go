// Package roster is the roster of duty 花名册 in memory: the present record of rivers, reaches, divisions, posts with who holds
// them, boards, bank lines and management areas, over all days. It answers who is responsible at a position without asking the
// database; what the record said at an earlier time only the database knows.
//
// It is filled from a [Source] and follows the source's change feed. After any writes it holds what a fresh load holds. The
// lines of rivers are not held twice: they come from the [Lines] of the tiles, and the roster keeps their measures.
package roster
