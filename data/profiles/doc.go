// Package profiles holds the rules that differ from place to place, as data: how long a board may stay out of date, how many
// boards there have to be, how often a chief goes on patrol, what makes a class of water, how wide what a boundary rests on is
// guarded and how close its stakes stand, which days are worked. A profile is a
// YAML file with its source; those of this folder are built in, and a folder of the operator's own can be given beside them.
//
// A file is read strictly: a key that is not known, a value of another type, a number that makes no sense, a profile without
// its source are refused with file, line, column and reason. Profiles do not refer to each other. A file whose name begins with
// calendar- has notices of holidays instead.
package profiles
