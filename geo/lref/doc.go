// Package lref is linear referencing on rivers: a place on a river is a route and a measure (里程, shown K12+345), and a
// side of it is a bank told facing downstream. A route is a LineString XYM in EPSG:4490 that runs downstream; M is in metres
// and changes evenly along each segment. Lengths are on the CGCS2000 ellipsoid.
package lref
