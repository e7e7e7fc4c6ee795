package atlas

// period is the days [from, to) that a record is drawn on.
type period struct{ from, to Day }

func (p period) has(d Day) bool { return p.from <= d && d < p.to }

// periods holds every period of a layer once: those of its records are few, however many records there are.
type periods struct {
	all     []period
	numbers map[period]uint32
}

// number gives a period's number.
func (p *periods) number(of period) uint32 {
	if n, known := p.numbers[of]; known {
		return n
	}
	if p.numbers == nil {
		p.numbers = map[period]uint32{}
	}
	n := uint32(len(p.all)) //nolint:gosec // no more than records
	p.all, p.numbers[of] = append(p.all, of), n
	return n
}

// rehash makes the numbers of periods that were read.
func (p *periods) rehash() {
	p.numbers = make(map[period]uint32, len(p.all))
	for n, of := range p.all {
		p.numbers[of] = uint32(n)
	}
}
