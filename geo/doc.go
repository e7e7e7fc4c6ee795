// Package geo holds what every part of hetu (河图) speaks of: errors with a code, civil days and periods, banks, levels,
// lengths and reference systems. It does no I/O. The subjects of the domain are its folders: crs, lref, duty and so on.
package geo
