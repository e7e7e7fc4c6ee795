// Package network makes the directed river graph (水系网络) from lines as a source has them: it splits lines where others
// join them, snaps ends that miss each other by less than a tolerance, tells which way the water goes and where that cannot
// be, gives each edge its Strahler order, and chains the edges of one river into routes. It changes nothing silently: what
// was snapped, dropped or doubted stands in the [Report].
//
// Lines are EPSG:4490, degrees, lon/lat, in any layout, and finite; Z and M travel along and are interpolated where a line
// is cut between two vertices. Lengths are metres on the CGCS2000 ellipsoid.
package network
