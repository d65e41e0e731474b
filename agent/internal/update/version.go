package update

import (
	"cmp"
	"strconv"
	"strings"
)

// version is a version as Semantic Versioning 2.0.0 has it, without its build metadata.
type version struct {
	numbers [3]uint64
	before  []string // identifiers of a pre-release; empty: a release
}

// parseVersion reads "1.2.3" and "v1.2.3-rc.1+build". Anything else is no version, such as that of a working tree.
func parseVersion(text string) (version, bool) {
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "v"), "+")
	core, before, isBefore := strings.Cut(text, "-")
	numbers := strings.Split(core, ".")
	var read version
	if len(numbers) != len(read.numbers) {
		return version{}, false
	}
	for i, number := range numbers {
		var ok bool
		if read.numbers[i], ok = numeric(number); !ok {
			return version{}, false
		}
	}
	if isBefore {
		read.before = strings.Split(before, ".")
	}
	for _, identifier := range read.before {
		if identifier == "" || strings.Trim(identifier, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
			return version{}, false
		}
	}
	return read, !looksLikeTree(read.before)
}

// looksLikeTree says that the version is what git describes a commit after a release as, which comes after that release
// and not before it: "1.2.3-4-gabcdef0", "1.2.3-dirty".
func looksLikeTree(before []string) bool {
	if len(before) != 1 {
		return false
	}
	count, commit, found := strings.Cut(before[0], "-g")
	_, counted := numeric(count)
	return strings.HasSuffix(before[0], "dirty") || found && counted && commit != ""
}

// numeric reads digits without a zero in front.
func numeric(text string) (uint64, bool) {
	if text == "" || len(text) > 1 && text[0] == '0' || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	number, err := strconv.ParseUint(text, 10, 64)
	return number, err == nil
}

// newer reports whether the offered version comes after the current one. It never does when either is none.
func newer(offered, current string) bool {
	a, ok := parseVersion(offered)
	b, both := parseVersion(current)
	return ok && both && a.compare(b) > 0
}

func (v version) compare(other version) int {
	for i := range v.numbers {
		if order := cmp.Compare(v.numbers[i], other.numbers[i]); order != 0 {
			return order
		}
	}
	if len(v.before) == 0 || len(other.before) == 0 {
		return cmp.Compare(len(other.before), len(v.before)) // a release comes after what came before it
	}
	for i := range min(len(v.before), len(other.before)) {
		if order := compareIdentifiers(v.before[i], other.before[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(v.before), len(other.before))
}

// compareIdentifiers has numbers before words.
func compareIdentifiers(a, b string) int {
	x, isNumber := numeric(a)
	y, both := numeric(b)
	switch {
	case isNumber && both:
		return cmp.Compare(x, y)
	case isNumber:
		return -1
	case both:
		return 1
	}
	return strings.Compare(a, b)
}
