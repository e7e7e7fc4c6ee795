package lref

import "math"

// plane is a flat map in metres, x east and y north, around a position: the transverse Mercator of the ellipsoid to second order.
// Without the second order a degree of longitude two kilometres north would be as long as here, which moves the foot of a
// perpendicular by 8 cm. What is left out grows with the cube of the distance: 0.2 mm at two kilometres.
type plane struct {
	lon, lat     float64 // of the origin, degrees
	kx, kxy      float64 // x = dlon (kx + kxy dlat)
	ky, kyy, kxx float64 // y = dlat (ky + kyy dlat) + kxx dlon²
}

func newPlane(lon, lat float64) plane {
	const rad, e2 = math.Pi / 180, flattening * (2 - flattening)
	sin, cos := math.Sincos(lat * rad)
	w := math.Sqrt(1 - e2*sin*sin)
	n, m := semiMajor/w, semiMajor*(1-e2)/(w*w*w) // radii of the prime vertical and of the meridian
	return plane{
		lon: lon, lat: lat,
		kx: rad * n * cos, kxy: -rad * rad * m * sin,
		ky: rad * m, kyy: rad * rad / 2 * 3 * m * e2 * sin * cos / (w * w), kxx: rad * rad * n * sin * cos / 2,
	}
}

func (p plane) to(lon, lat float64) (x, y float64) {
	dx, dy := lon-p.lon, lat-p.lat
	return dx * (p.kx + p.kxy*dy), dy*(p.ky+p.kyy*dy) + p.kxx*dx*dx
}

// from is the inverse of to; at the poles, where a plane has no east, it is NaN or Inf.
func (p plane) from(x, y float64) (lon, lat float64) {
	dx, dy := x/p.kx, y/p.ky
	for range 6 {
		dx, dy = x/(p.kx+p.kxy*dy), (y-p.kxx*dx*dx)/(p.ky+p.kyy*dy)
	}
	return p.lon + dx, p.lat + dy
}

// arc is a stored segment in a plane, (ax, ay) + t (bx, by) + t² (cx, cy) for t in [0, 1]. It is straight in degrees, so in
// metres it bends by a quarter of |c|: a centimetre for a segment of a kilometre.
type arc struct{ ax, ay, bx, by, cx, cy float64 }

func (p plane) arc(lon1, lat1, lon2, lat2 float64) arc {
	var s arc
	s.ax, s.ay = p.to(lon1, lat1)
	x, y := p.to(lon2, lat2)
	dx, dy := lon2-lon1, lat2-lat1
	s.cx, s.cy = p.kxy*dx*dy, p.kyy*dy*dy+p.kxx*dx*dx
	s.bx, s.by = x-s.ax-s.cx, y-s.ay-s.cy
	return s
}

// foot gives the place on the arc that is nearest to the plane's origin, and the square of its distance. An arc that cannot come
// within limit metres is left at its chord: its square is then larger than that of limit.
func (s arc) foot(limit float64) (t, d2 float64) {
	chordX, chordY := s.bx+s.cx, s.by+s.cy
	if l := chordX*chordX + chordY*chordY; l > 0 {
		t = min(1, max(0, -(s.ax*chordX+s.ay*chordY)/l))
	}
	x, y := s.ax+t*chordX, s.ay+t*chordY
	bend := limit + (math.Abs(s.cx)+math.Abs(s.cy))/4
	if d2 = x*x + y*y; d2 > bend*bend {
		return t, d2
	}
	for range 3 { // Newton: an arc is so nearly a chord that the second step is below rounding
		px, py := s.ax+t*(s.bx+t*s.cx), s.ay+t*(s.by+t*s.cy)
		vx, vy := s.bx+2*t*s.cx, s.by+2*t*s.cy
		second := vx*vx + vy*vy + 2*(px*s.cx+py*s.cy)
		if second <= 0 {
			break
		}
		was := t
		t = min(1, max(0, t-(px*vx+py*vy)/second))
		if math.Abs(t-was) < 1e-12 {
			break
		}
	}
	x, y = s.ax+t*(s.bx+t*s.cx), s.ay+t*(s.by+t*s.cy)
	return t, x*x + y*y
}
