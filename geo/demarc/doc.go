// Package demarc is demarcation (划界): candidate lines for the management boundary of a river, made by the rules of domain.md 4.3
// from surveyed banks, levees and flood lines; what is derived from them (areas, zones, stakes); and in rules the checks that a
// drawn boundary has to pass. Nothing here does I/O.
//
// Lines come first: a boundary is its lines, one per bank, cut into pieces by what each rests on; areas are derived from them.
// Left and right are told facing downstream, from the route's own direction and never from the order a survey was digitised in.
//
// All geometry that comes in or goes out is EPSG:4490, lon before lat, without measures unless said; lines run downstream. Offsets
// are made in a Gauss-Krüger plane around the stretch ([Plane]), so that a river across the edge of a zone has no seam; lengths and
// areas that are told are of the CGCS2000 ellipsoid.
package demarc
