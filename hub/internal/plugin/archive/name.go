package archive

import (
	"fmt"
	"slices"
	"strings"
)

const (
	maxNameBytes = 200
	maxNameDepth = 16
)

// checkName accepts the names that mean the same file on every system: relative,
// slash-separated, printable ASCII, nothing that Windows gives a meaning of its own.
func checkName(name string) error {
	switch {
	case name == "" || len(name) > maxNameBytes:
		return fmt.Errorf("%w: %.40q must have 1 to %d characters", ErrName, name, maxNameBytes)
	case strings.Count(name, "/") >= maxNameDepth:
		return fmt.Errorf("%w: %q is in more than %d folders", ErrName, name, maxNameDepth-1)
	case strings.HasPrefix(name, "/"):
		return fmt.Errorf("%w: %q is absolute", ErrName, name)
	case strings.ContainsFunc(name, forbidden):
		return fmt.Errorf("%w: %q has a character that is not allowed", ErrName, name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.HasSuffix(part, ".") || reserved(part) {
			return fmt.Errorf("%w: %q", ErrName, name)
		}
	}
	return nil
}

func forbidden(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`\:"*<>?|`, r) }

// reserved tells whether a part of a name is a device on Windows, whatever its extension.
func reserved(part string) bool {
	stem, _, _ := strings.Cut(strings.ToLower(part), ".")
	if slices.Contains([]string{"con", "prn", "aux", "nul"}, stem) {
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")) &&
		stem[3] >= '0' && stem[3] <= '9'
}
