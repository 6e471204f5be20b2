package account

import (
	"cmp"
	"maps"
	"slices"
)

// Merge joins two changes of one profile: mine and theirs, that both began as
// base. The result shares nothing with them.
//
// What only one side changed, added or removed is as that side has it. Where
// both did: of a setting, an alias or the current room, mine counts; what one
// side removed from a list stays if the other changed it; a job that both added
// under one number is two jobs, and mine gets the next free number. Of a room
// the later message counts as read in any case.
func Merge(base, mine, theirs Profile) Profile {
	p := Profile{
		Settings: mergeMaps(base.Settings, mine.Settings, theirs.Settings),
		Aliases:  mergeMaps(base.Aliases, mine.Aliases, theirs.Aliases),
		Ignores:  mergeLists(base.Ignores, mine.Ignores, theirs.Ignores, func(i Ignored) string { return i.Key }, nil),
		Rooms: mergeLists(base.Rooms, mine.Rooms, theirs.Rooms, func(r JoinedRoom) string { return r.Name }, func(m, t JoinedRoom) JoinedRoom {
			m.Read = max(m.Read, t.Read)
			return m
		}),
		Current: theirs.Current,
		Jobs:    mergeLists(base.Jobs, renumber(base.Jobs, mine.Jobs, theirs.Jobs), theirs.Jobs, jobID, nil),
	}
	if mine.Current != base.Current {
		p.Current = mine.Current
	}
	return p
}

func mergeMaps(base, mine, theirs map[string]string) map[string]string {
	m := maps.Clone(theirs)
	for _, side := range []map[string]string{base, mine} {
		for k := range side {
			was, had := base[k]
			is, has := mine[k]
			switch {
			case had == has && was == is: // mine did nothing
			case has:
				if m == nil {
					m = map[string]string{}
				}
				m[k] = is
			default:
				delete(m, k)
			}
		}
	}
	return m
}

// mergeLists joins two lists of things with an id, theirs in front. Both is what
// becomes of a thing that both sides changed; nil: mine.
func mergeLists[T comparable, K comparable](base, mine, theirs []T, id func(T) K, both func(mine, theirs T) T) []T {
	was, is, other := byID(base, id), byID(mine, id), byID(theirs, id)
	var list []T
	for _, t := range theirs {
		k := id(t)
		old, had := was[k]
		m, has := is[k]
		switch {
		case has && both != nil:
			list = append(list, both(m, t))
		case has && m != old:
			list = append(list, m)
		case has || !had || t != old: // mine left it alone, never had it, or removed what they changed
			list = append(list, t)
		}
	}
	for _, m := range mine {
		k := id(m)
		_, theyHave := other[k]
		old, had := was[k]
		if !theyHave && (!had || m != old) { // they removed it, unless I changed it
			list = append(list, m)
		}
	}
	return list
}

func byID[T any, K comparable](list []T, id func(T) K) map[K]T {
	m := make(map[K]T, len(list))
	for _, t := range list {
		m[id(t)] = t
	}
	return m
}

func jobID(j Job) int { return j.ID }

// renumber gives new numbers to those of mine that I added under a number which
// they gave to a job of theirs.
func renumber(base, mine, theirs []Job) []Job {
	was, other := byID(base, jobID), byID(theirs, jobID)
	last := 0
	for _, list := range [][]Job{base, mine, theirs} {
		for _, j := range list {
			last = max(last, j.ID)
		}
	}
	mine = slices.Clone(mine)
	slices.SortFunc(mine, func(a, b Job) int { return cmp.Compare(a.ID, b.ID) })
	for i, j := range mine {
		_, had := was[j.ID]
		if theirs, taken := other[j.ID]; !had && taken && theirs != j {
			last++
			mine[i].ID = last
		}
	}
	return mine
}
