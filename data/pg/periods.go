package pg

import "hetu/geo"

// since gives what of some days lies on a day or after it.
func since(p geo.Period, day geo.Date) geo.Period {
	if p.From.IsZero() || p.From.Before(day) {
		p.From = day
	}
	return p
}

// common gives what of some days lies in others.
func common(of []geo.Period, in geo.Period) []geo.Period {
	var out []geo.Period
	for _, p := range of {
		q := p
		if !in.From.IsZero() {
			q = since(q, in.From)
		}
		if q.To.IsZero() || !in.To.IsZero() && in.To.Before(q.To) {
			q.To = in.To
		}
		if q.To.IsZero() || q.From.IsZero() || q.From.Before(q.To) {
			out = append(out, q)
		}
	}
	return out
}

// daysWithout gives what of some days does not lie in others.
func daysWithout(of []geo.Period, in geo.Period) []geo.Period {
	var out []geo.Period
	for _, p := range of {
		if len(common([]geo.Period{p}, in)) == 0 {
			out = append(out, p)
			continue
		}
		if !in.From.IsZero() && (p.From.IsZero() || p.From.Before(in.From)) {
			out = append(out, geo.Period{From: p.From, To: in.From})
		}
		if !in.To.IsZero() && (p.To.IsZero() || in.To.Before(p.To)) {
			out = append(out, geo.Period{From: in.To, To: p.To})
		}
	}
	return out
}
