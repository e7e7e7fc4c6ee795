package rules

// The tolerances of domain.md 4.3, in metres, square metres and degrees unless said.
const (
	duplicateM     = 0.01 // duplicate vertex
	edgeMatchM     = 0.1  // edge match
	sliverM2       = 1.0  // sliver area
	sliverWidthM   = 0.2  // sliver width
	minRing        = 4    // distinct points of a ring
	minCut         = 3    // the same of what a border cuts off: the corner of an area is a triangle, and none is drawn by hand
	shortestM      = 0.05 // shortest segment
	electronicOffM = 0.01 // an electronic stake off its line
	physicalOffM   = 0.5  // a physical stake off its line; farther is a moved one 移位桩
)

// The limits of the rules of domain.md 4.4, and of the algorithms they check.
const (
	spikeDeg       = 5.0   // G1: a sharper angle is a spike
	divisionM      = 500.0 // G3: how far outside its division a boundary may lie
	areaM2         = 1.0   // G8: parts and whole
	longConnectorM = 30.0  // G12, A5: a longer connector is a warning
	jumpShare      = 0.5   // G12: a jump of the width
	jumpWithinM    = 50.0  // G12: along the line
	shrunkM        = 2.0   // G13, A12
	tableM         = 0.001 // G14: table and geometry
	lengthShare    = 0.01  // G19
	lengthM        = 50.0  // G19
	farM           = 200.0 // G20
	routeEndM      = 1.0   // G10: what a stretch may leave open at an end of its route, as measures are stored and labels rounded
	stakeMeasureM  = 1.0   // G15: labels are of whole metres
	measureM       = 0.01  // stored measures are good to a centimetre
	slipNearDeg    = 0.05  // G21: what a slip is put right to has to lie so near to the river
	slipFarDeg     = 0.5   // G21: what lies so far off the river is no survey of it, and no other rule is asked about it
	placeM         = 60.0  // the longest place that a finding shows: the beginning of what it concerns
	simplifyM      = 0.1   // A1: candidates are simplified by so much
	drawnM         = 0.05  // scenario 20: 15 m from the toe, ± 0.05
	arcShare       = 0.005 // A1: the chords of an arc of eight segments a quarter lie inside it by so much of its radius
)
