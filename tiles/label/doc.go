// Package label says where names stand: in an area the point that is farthest from its border, along a line the stretches
// that a name is written on.
//
// Positions are whole numbers of a Mercator world 2^31 units wide, x and y in turn; which way y runs does not matter. Lengths
// are taken in it too and not on the ground, for that is what the screen shows. Nothing keeps or changes what it is given.
package label

// WorldBits is how wide the world is, as a power of two.
const WorldBits = 31

// World is a coordinate.
type World interface{ ~int32 | ~uint32 }

type point struct{ x, y int64 }

// at gives a position of a flat list.
func at[T World](flat []T, i int) point { return point{int64(flat[2*i]), int64(flat[2*i+1])} }
