// Package duty answers who is responsible for a river: question Q1 of the domain. From a position it finds the rivers, the
// measure and the bank, from those the reaches of every level, and from the reaches the posts and who holds them on a day.
// It never picks a name by chance: ties, vacancies and missing levels are said. Where the rows come from is a [Source]'s
// matter; nothing here does I/O of its own.
package duty
