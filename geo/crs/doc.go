// Package crs is what hetu knows of reference systems: the CGCS2000 Gauss-Krüger zones, Web Mercator, the shifted systems
// GCJ-02 and BD-09, how a system is told from its description (WKT) or from the size of its coordinates, and which axis
// comes first. Everything stored is EPSG:4490, lon before lat; the systems here are what data comes from and goes to.
//
// Why the size of coordinates, and not the heading: Chinese tables print X for northing and Y for easting, contractors'
// scripts swap them on purpose, and a published notice does the reverse. A number of 8 digits that begins with a zone is an
// easting whatever stands above it.
package crs
