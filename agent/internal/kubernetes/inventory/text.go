package inventory

import (
	"maps"
	"slices"
	"strings"
)

// Bounds of what is kept of one object.
const (
	maxText       = 512 // bytes of a text for people
	maxLabels     = 48
	maxContainers = 48
	maxItems      = 16 // addresses, ports and conditions
)

// cut shortens a text for people.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText-len("…")], "") + "…"
}

// labels returns the labels, or the first of too many; nil for none.
func labels(all map[string]string) map[string]string {
	if len(all) <= maxLabels {
		return all
	}
	few := make(map[string]string, maxLabels)
	for _, name := range slices.Sorted(maps.Keys(all))[:maxLabels] {
		few[name] = all[name]
	}
	return few
}

// first returns the first of too many.
func first[T any](list []T, limit int) []T { return list[:min(len(list), limit)] }
