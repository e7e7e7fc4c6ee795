package gate

import (
	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/project"
)

// PlaceStakes gives what becomes of a project's stakes when they are placed by a spacing: those that stand where one is placed stay what they are, with
// what was seen of them. taken are all that were ever given a number on the river; none of their numbers is given again.
func PlaceStakes(p project.Subject, spacing stake.Spacing, taken []demarc.Stake) project.StakeWrite {
	had := map[string]project.Stake{}
	var standing []demarc.Stake
	for _, k := range p.Around.Stakes {
		had[k.Name] = k
		standing = append(standing, k.Stake)
	}
	drawn, _ := stake.Place(geo.Patient{}, p.Stretch, Drawn(p), spacing, taken) // who waits to the end gets no error
	placed, gone := stake.Renew(p.Stretch.RiverName, standing, drawn, taken)
	var out project.StakeWrite
	for _, k := range gone {
		out.Gone = append(out.Gone, had[k.Name])
	}
	for _, k := range placed {
		if was, stands := had[k.Name]; stands {
			was.Stake = k
			out.Put = append(out.Put, was)
			continue
		}
		out.Put = append(out.Put, NewStake(k))
	}
	return out
}

// NewStake is a stake that was just placed on its line.
func NewStake(k demarc.Stake) project.Stake {
	return project.Stake{Stake: k, OffsetM: new(0.0), MapSheet: stake.MapSheet(k.Lon, k.Lat)}
}
