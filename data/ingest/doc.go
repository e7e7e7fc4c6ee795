// Package ingest brings files that people have into the store: a file is looked at from outside (gate), read by GDAL in a
// child process that has no network, little memory and little time (child), understood (encoding, columns, reference
// system), turned into rows, reported, confirmed, and merged in one transaction.
//
// Why a child: GDAL's drivers are C and C++ that parse what strangers wrote. What comes back from it is text (CSV with WKT),
// which is read here under limits of our own; no binary geometry from outside is decoded in this process.
//
// Why the sandbox is not the child's (2026-11-24): as root the child is another user, whom other programs may be too. The copies
// and their folder stay root's, so nobody can put a link where this process reads; the child writes into a folder of its own,
// from which nothing is read.
//
// Why a report first: most files do not say what they are. What was found in the file, what was told on the command line and
// what was guessed are kept apart, and a guess is never acted on without a yes.
package ingest
