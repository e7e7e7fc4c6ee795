package lref

// Range is a part of a route by measure in metres (区间), FromM < ToM. Which measures are a reach's own is for duty.Range.Holds to say.
type Range struct{ FromM, ToM float64 }

// storedWithin is how far in metres a stored measure may lie off the place that it means.
const storedWithin = 0.01
