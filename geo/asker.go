package geo

// Asker is who a long computation is for: a [context.Context] is one. When Err is no longer nil nobody waits for the answer, and the computation ends with
// that error.
type Asker interface{ Err() error }

// Patient is an asker who waits to the end.
type Patient struct{}

// Err is nil.
func (Patient) Err() error { return nil }
