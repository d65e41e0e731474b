package policy

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// overrideIndex finds overrides by the keys that they are stored under.
type overrideIndex struct {
	byID map[string]*overlay
	// byGuest finds a guest that has moved since: keys instance:node:vmid without the node.
	byGuest map[guestRef]*overlay
	// byDashes has the keys instance-node-vmid and node-vmid by their VMID: names have dashes too, so that only the
	// guest itself can tell where one ends.
	byDashes map[int][]dashed
}

// guestRef names a guest wherever it is.
type guestRef struct {
	instance string
	vmid     int
}

// dashed is an override whose key is a place, a dash and a VMID.
type dashed struct {
	place   string
	overlay *overlay
}

func newOverrideIndex(overrides map[string]ThresholdConfig, margin float64) overrideIndex {
	index := overrideIndex{
		byID:     make(map[string]*overlay, len(overrides)),
		byGuest:  make(map[guestRef]*overlay),
		byDashes: make(map[int][]dashed),
	}
	for _, key := range slices.Sorted(maps.Keys(overrides)) { // sorted: the same one wins each time
		o := newOverlay(overrides[key], margin, "override")
		index.byID[key] = o
		if ref, ok := guestRefOf(key); ok {
			if _, taken := index.byGuest[ref]; !taken {
				index.byGuest[ref] = o
			}
			continue
		}
		if place, vmid, ok := cutVMID(key, '-'); ok {
			index.byDashes[vmid] = append(index.byDashes[vmid], dashed{place, o})
		}
	}
	return index
}

// find returns the override of a resource, or nil. Its ids come first, in their order, then the guest wherever it was,
// then older forms of its key.
func (x *overrideIndex) find(t *Target, in group) *overlay {
	for _, id := range t.IDs {
		if o := x.byID[id]; o != nil {
			return o
		}
	}
	if in != guests || t.VMID <= 0 {
		return nil
	}
	if o := x.byGuest[guestRef{t.Instance, t.VMID}]; o != nil {
		return o
	}
	for _, d := range x.byDashes[t.VMID] {
		if d.place == t.Node || isPair(d.place, t.Instance, t.Node) {
			return d.overlay
		}
	}
	return nil
}

// isPair says whether a text is two texts with a dash between them.
func isPair(text, first, second string) bool {
	return len(text) == len(first)+1+len(second) && text[len(first)] == '-' &&
		strings.HasPrefix(text, first) && strings.HasSuffix(text, second)
}

// guestRefOf returns the guest that an id instance:node:vmid names.
func guestRefOf(id string) (guestRef, bool) {
	place, vmid, ok := cutVMID(id, ':')
	if !ok {
		return guestRef{}, false
	}
	end := strings.LastIndexByte(place, ':')
	if end <= 0 {
		return guestRef{}, false
	}
	return guestRef{place[:end], vmid}, true
}

// cutVMID splits a key before its last separator, where what follows is a VMID.
func cutVMID(key string, separator byte) (place string, vmid int, ok bool) {
	end := strings.LastIndexByte(key, separator)
	if end <= 0 {
		return "", 0, false
	}
	vmid, err := strconv.Atoi(key[end+1:])
	if err != nil || vmid <= 0 {
		return "", 0, false
	}
	return key[:end], vmid, true
}
