package inventory

import "strings"

// Filter says which namespaces are reported. The zero value lets all through. It is safe for concurrent use.
type Filter struct {
	// Include and Exclude are names in which * stands for any text. An empty Include means all; Exclude wins.
	Include, Exclude []string
}

// Allows reports whether a namespace is reported.
func (f Filter) Allows(namespace string) bool {
	return (len(f.Include) == 0 || matchesAny(f.Include, namespace)) && !matchesAny(f.Exclude, namespace)
}

// Names returns the namespaces by name when those are all there can be; nil when there may be others.
func (f Filter) Names() []string {
	var names []string
	for _, pattern := range f.Include {
		if strings.Contains(pattern, "*") {
			return nil
		}
		if f.Allows(pattern) {
			names = append(names, pattern)
		}
	}
	return names
}

func matchesAny(patterns []string, name string) bool {
	for _, pattern := range patterns {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

// matches reports whether a name is what a pattern with * describes.
func matches(pattern, name string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	name, found := strings.CutPrefix(name, first)
	if !found {
		return false
	}
	pieces := strings.Split(rest, "*")
	last := pieces[len(pieces)-1]
	for _, piece := range pieces[:len(pieces)-1] { // each as early as possible leaves most for those that follow
		at := strings.Index(name, piece)
		if at < 0 {
			return false
		}
		name = name[at+len(piece):]
	}
	return strings.HasSuffix(name, last)
}
