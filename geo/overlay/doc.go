// Package overlay lays polygons over each other and over lines, and answers what a polygon touches (Q2), what other land an area
// takes in (Q10), what a new version of a line or an area changed (Q11), how much shoreline a project occupies (Q12) and whether a
// problem lies inside (Q14).
//
// A stored edge is a straight line in degrees, so PostGIS cuts polygons in degrees, once it is known that they do not cross too
// often ([Effort]). Square metres, metres and banks are this package's (2026-11): an area is integrated on the ellipsoid along the straight edges, exactly, so
// that the parts of a polygon sum to the whole, which ST_Area of a geography, whose edges are geodesics, does only as edges get short.
//
// A polygon is put in order before it is used, so that no answer depends on where a ring starts or how it winds.
package overlay
