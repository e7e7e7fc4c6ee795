package lref

import (
	"math"

	"github.com/twpayne/go-geom"
)

// The CGCS2000 ellipsoid (GB 22021-2008): semi-major axis in metres and flattening.
const (
	semiMajor  = 6378137.0
	flattening = 1 / 298.257222101
	semiMinor  = semiMajor * (1 - flattening)
)

// densifyOver is the longest segment, in metres, that is measured as one geodesic. A longer one is cut first along the
// stored straight line in degrees, which is what the line is; the geodesic between its ends would be another line.
const densifyOver = 1000.0

// Distance is the geodesic distance in metres between two positions in degrees on the CGCS2000 ellipsoid, by Vincenty's
// inverse formula (Survey Review 23, 1975), good to 0.1 mm. Nearly antipodal points, which no river has, fall back to the
// longest distance there is.
func Distance(lon1, lat1, lon2, lat2 float64) float64 {
	if lon1 == lon2 && lat1 == lat2 {
		return 0
	}
	rad := math.Pi / 180
	u1, u2 := math.Atan((1-flattening)*math.Tan(lat1*rad)), math.Atan((1-flattening)*math.Tan(lat2*rad))
	sinU1, cosU1 := math.Sincos(u1)
	sinU2, cosU2 := math.Sincos(u2)
	l := (lon2 - lon1) * rad
	lambda := l
	for range 100 {
		sinL, cosL := math.Sincos(lambda)
		sinSigma := math.Hypot(cosU2*sinL, cosU1*sinU2-sinU1*cosU2*cosL)
		if sinSigma == 0 {
			return 0
		}
		cosSigma := sinU1*sinU2 + cosU1*cosU2*cosL
		sigma := math.Atan2(sinSigma, cosSigma)
		sinAlpha := cosU1 * cosU2 * sinL / sinSigma
		cos2Alpha := 1 - sinAlpha*sinAlpha
		cos2Mid := 0.0
		if cos2Alpha != 0 {
			cos2Mid = cosSigma - 2*sinU1*sinU2/cos2Alpha
		}
		c := flattening / 16 * cos2Alpha * (4 + flattening*(4-3*cos2Alpha))
		next := l + (1-c)*flattening*sinAlpha*(sigma+c*sinSigma*(cos2Mid+c*cosSigma*(2*cos2Mid*cos2Mid-1)))
		if math.Abs(next-lambda) <= max(1e-15, 4e-15*math.Abs(l)) { // some nanometres of a short line: its length is good to a billionth
			return vincentyLength(cos2Alpha, sigma, sinSigma, cosSigma, cos2Mid)
		}
		lambda = next
	}
	return math.Pi * semiMinor
}

func vincentyLength(cos2Alpha, sigma, sinSigma, cosSigma, cos2Mid float64) float64 {
	u := cos2Alpha * (semiMajor*semiMajor - semiMinor*semiMinor) / (semiMinor * semiMinor)
	a := 1 + u/16384*(4096+u*(-768+u*(320-175*u)))
	b := u / 1024 * (256 + u*(-128+u*(74-47*u)))
	d := b * sinSigma * (cos2Mid + b/4*(cosSigma*(2*cos2Mid*cos2Mid-1)-b/6*cos2Mid*(4*sinSigma*sinSigma-3)*(4*cos2Mid*cos2Mid-3)))
	return semiMinor * a * (sigma - d)
}

// segmentLength is the length in metres of one stored segment, straight in degrees.
func segmentLength(lon1, lat1, lon2, lat2 float64) float64 {
	d := Distance(lon1, lat1, lon2, lat2)
	if !(d > densifyOver) {
		return d // NaN too: it cannot be cut
	}
	n := int(math.Ceil(d / densifyOver))
	sum := 0.0
	for i := range n {
		a, b := float64(i)/float64(n), float64(i+1)/float64(n)
		sum += Distance(lon1+(lon2-lon1)*a, lat1+(lat2-lat1)*a, lon1+(lon2-lon1)*b, lat1+(lat2-lat1)*b)
	}
	return sum
}

// Length is the length in metres of a line in degrees, any layout; 0 for an empty one.
func Length(line *geom.LineString) float64 {
	flat, stride := line.FlatCoords(), line.Stride()
	sum := 0.0
	for i := stride; i < len(flat); i += stride {
		sum += segmentLength(flat[i-stride], flat[i-stride+1], flat[i], flat[i+1])
	}
	return sum
}
