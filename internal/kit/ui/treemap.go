package ui

import (
	"cmp"
	"slices"
)

// The view box of a treemap; the browser scales it to the width of the page.
const (
	treemapWidth  = 1000.0
	treemapHeight = 340.0
	// thinnest is the share below which a field could not be seen and would only break the arithmetic.
	thinnest = 1e-6
)

type rect struct{ x, y, w, h float64 }

type placed struct {
	Area
	rect
	colour int
}

// squarify lays areas out by the algorithm of Bruls, Huizing and van Wijk: rows that keep the fields near to
// squares, the largest first. What is nothing, or next to it, has no field.
func squarify(areas []Area) []placed {
	all := 0.0
	for _, a := range areas {
		all += max(0, a.Value)
	}
	var list []Area
	total := 0.0
	for _, a := range areas {
		if a.Value > all*thinnest {
			list = append(list, a)
			total += a.Value
		}
	}
	slices.SortStableFunc(list, func(a, b Area) int { return cmp.Compare(b.Value, a.Value) })
	scale := treemapWidth * treemapHeight / max(total, 1e-9)
	free := rect{0, 0, treemapWidth, treemapHeight}
	var out []placed
	for start := 0; start < len(list); {
		side := min(free.w, free.h)
		end, sum := start+1, list[start].Value*scale
		for end < len(list) {
			next := list[end].Value * scale
			if worst(list[start:end+1], scale, sum+next, side) > worst(list[start:end], scale, sum, side) {
				break
			}
			sum += next
			end++
		}
		out, free = place(out, list[start:end], scale, sum, free)
		start = end
	}
	return out
}

// worst is the largest ratio of sides in a row along side.
func worst(row []Area, scale, sum, side float64) float64 {
	if side <= 0 || sum <= 0 {
		return 0
	}
	bad := 0.0
	for _, a := range row {
		s := a.Value * scale
		bad = max(bad, side*side*s/(sum*sum), sum*sum/(side*side*s))
	}
	return bad
}

func place(out []placed, row []Area, scale, sum float64, free rect) ([]placed, rect) {
	wide := free.w >= free.h
	side := min(free.w, free.h)
	if side <= 0 {
		return out, free
	}
	depth := sum / side
	at := 0.0
	for _, a := range row {
		length := a.Value * scale / depth
		r := rect{free.x, free.y + at, depth, length}
		if !wide {
			r = rect{free.x + at, free.y, length, depth}
		}
		out = append(out, placed{Area: a, rect: r, colour: len(out) % 6})
		at += length
	}
	if wide {
		free.x, free.w = free.x+depth, free.w-depth
	} else {
		free.y, free.h = free.y+depth, free.h-depth
	}
	return out, free
}
