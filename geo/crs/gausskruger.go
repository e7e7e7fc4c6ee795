package crs

import "math"

// The CGCS2000 ellipsoid (GB 22021-2008), and what Krüger's series needs of it: the third flattening and the radius of the
// circle that is as long as the meridian.
const (
	semiMajor  = 6378137.0
	flattening = 1 / 298.257222101
	third      = flattening / (2 - flattening)
	rectifying = semiMajor / (1 + third) * (1 + third*third/4 + third*third*third*third/64)
)

// Coefficients of Krüger's series to the fourth order of the third flattening (Karney, J. Geodesy 85, 2011, equations 35 and
// 36). What is left out is under 0.1 micrometre inside a zone.
func alpha() [4]float64 {
	const n, n2, n3, n4 = third, third * third, third * third * third, third * third * third * third
	return [4]float64{
		n/2 - n2*2/3 + n3*5/16 + n4*41/180,
		n2*13/48 - n3*3/5 + n4*557/1440,
		n3*61/240 - n4*103/140,
		n4 * 49561 / 161280,
	}
}

func beta() [4]float64 {
	const n, n2, n3, n4 = third, third * third, third * third * third, third * third * third * third
	return [4]float64{
		n/2 - n2*2/3 + n3*37/96 - n4/360,
		n2/48 + n3/15 - n4*437/1440,
		n3*17/480 - n4*37/840,
		n4 * 4397 / 161280,
	}
}

// forward projects a position, degrees from the central meridian and latitude, to metres east of the meridian and north of
// the equator.
func forward(dLon, lat float64) (east, north float64) {
	e := math.Sqrt(flattening * (2 - flattening))
	sinLat := math.Sin(lat * math.Pi / 180)
	t := math.Sinh(math.Atanh(sinLat) - e*math.Atanh(e*sinLat))
	sinL, cosL := math.Sincos(dLon * math.Pi / 180)
	xi0, eta0 := math.Atan2(t, cosL), math.Asinh(sinL/math.Hypot(t, cosL))
	xi, eta := xi0, eta0
	for i, a := range alpha() {
		k := 2 * float64(i+1)
		xi += a * math.Sin(k*xi0) * math.Cosh(k*eta0)
		eta += a * math.Cos(k*xi0) * math.Sinh(k*eta0)
	}
	return rectifying * eta, rectifying * xi
}

// inverse is the inverse of forward.
func inverse(east, north float64) (dLon, lat float64) {
	xi, eta := north/rectifying, east/rectifying
	xi0, eta0 := xi, eta
	for i, b := range beta() {
		k := 2 * float64(i+1)
		xi0 -= b * math.Sin(k*xi) * math.Cosh(k*eta)
		eta0 -= b * math.Cos(k*xi) * math.Sinh(k*eta)
	}
	sinXi, cosXi := math.Sincos(xi0)
	dLon = math.Atan2(math.Sinh(eta0), cosXi) * 180 / math.Pi
	// From the conformal latitude back to the geographic one, by Newton's method on its tangent.
	e2 := flattening * (2 - flattening)
	e := math.Sqrt(e2)
	want := sinXi / math.Hypot(math.Sinh(eta0), cosXi)
	tau := want
	for range 5 {
		sigma := math.Sinh(e * math.Atanh(e*tau/math.Hypot(1, tau)))
		got := tau*math.Hypot(1, sigma) - sigma*math.Hypot(1, tau)
		step := (want - got) / math.Hypot(1, got) * (1 + (1-e2)*tau*tau) / ((1 - e2) * math.Hypot(1, tau))
		tau += step
		if math.Abs(step) < 1e-15 {
			break
		}
	}
	return dLon, math.Atan(tau) * 180 / math.Pi
}
