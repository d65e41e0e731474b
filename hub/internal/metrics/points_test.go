package metrics

import (
	"cmp"
	"slices"
)

func sortPoints(points []Point) {
	slices.SortFunc(points, func(a, b Point) int { return cmp.Compare(a.At, b.At) })
}
