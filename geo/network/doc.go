// Package network makes the directed river graph (水系网络) from lines as a source has them: it joins lines where they cross
// or share a vertex, snaps ends that miss each other by less than a tolerance, makes lakes nodes, tells which way the water
// goes and where that cannot be, gives each edge its Strahler order, its main stem and its way to the mouth, and chains the
// edges of one river into routes. It changes nothing silently: what was snapped, turned, dropped or doubted stands in the
// [Report], with its place.
//
// Lines are EPSG:4490, degrees, lon/lat, in any layout, and finite; Z and M travel along and are interpolated where a line
// is cut between two vertices. Lengths are metres on the CGCS2000 ellipsoid. Z is metres.
//
// Why a crossing is decided by kinds (2026-11-27). Two natural streams that cross can only meet; that the source has no
// vertex there is its fault, and the place is reported. A canal crosses a river in an aqueduct or a siphon far oftener than
// it is joined to it by a line without a vertex, and a false junction sends a trace into another basin. A line that
// crosses itself would flow into its own way. Positions are whole numbers of 1e-9 degrees there, so which side a place is on is
// exact, and both lines get the same vertex.
//
// Why the direction is decided for each component (2026-11-27). A file of a county has many rivers that do not meet, and one
// that was drawn wrongly should not turn those that were drawn well. Heights come before the digitising, since they are of the
// water and digitising is of the hand, but only where they leave next to no node blocked: surveys of two years do not fit.
// The way to an outlet makes no circle and blocks no node, so it is the last resort; in a loop it is a guess, and said to be,
// unless the loop drains as it was digitised.
//
// Why a lake is one node (2026-11-27). Parts of lines in a lake are left out and all lines that reach its shore meet there, so
// that inlet and outlet are equally far from the mouth, as in the measures of cantonal networks, and a lake where streams
// flow in from all sides has no false confluence in its middle. The price is that no route runs through a lake: who needs
// the stationing of a river through its reservoir gives the lines without the lake.
//
// Why canals have order 1 (2026-11-27). An order tells how streams join, and water in a canal was led there: a long canal
// would make a brook a river. It is 1 and not 0 so that what is drawn by order draws canals as the least of streams.
package network
