package manifest

import (
	"cmp"
	"strings"
)

// maxVersion is the most bytes of a version.
const maxVersion = 100

// ValidVersion tells whether a text is a semantic version of at most 100 characters.
func ValidVersion(version string) bool {
	_, ok := parseVersion(version)
	return ok && len(version) <= maxVersion
}

// version is the parts of a semantic version that have a say in its precedence.
type version struct {
	numbers    [3]string
	prerelease string // empty for a release
}

// parseVersion reads a version as https://semver.org version 2.0.0 has it, with
// numbers of at most ten digits.
func parseVersion(text string) (version, bool) {
	var v version
	text, build, hasBuild := strings.Cut(text, "+")
	text, prerelease, hasPrerelease := strings.Cut(text, "-")
	if hasBuild && !allIdentifiers(build, isIdentifier) || hasPrerelease && !allIdentifiers(prerelease, isPrerelease) {
		return version{}, false
	}
	parts := strings.SplitN(text, ".", len(v.numbers)+1)
	if len(parts) != len(v.numbers) {
		return version{}, false
	}
	for _, part := range parts {
		if len(part) > 10 || !isNumber(part) || !withoutZeros(part) {
			return version{}, false
		}
	}
	copy(v.numbers[:], parts)
	v.prerelease = prerelease
	return v, true
}

func allIdentifiers(list string, valid func(string) bool) bool {
	for identifier := range strings.SplitSeq(list, ".") {
		if !valid(identifier) {
			return false
		}
	}
	return true
}

func isIdentifier(text string) bool { return text != "" && madeOf(text, lower+upper+digits+"-") }

// isPrerelease is true for identifiers that do not have two spellings of one number.
func isPrerelease(text string) bool {
	return isIdentifier(text) && (!isNumber(text) || withoutZeros(text))
}

func withoutZeros(number string) bool { return number == "0" || number[0] != '0' }

// CompareVersions returns -1, 0 or 1 by the precedence rules of semantic
// versioning. A text that is no version comes before every version.
func CompareVersions(a, b string) int {
	left, leftOK := parseVersion(a)
	right, rightOK := parseVersion(b)
	switch {
	case !leftOK && !rightOK:
		return 0
	case !leftOK:
		return -1
	case !rightOK:
		return 1
	}
	for i := range left.numbers {
		if order := compareNumbers(left.numbers[i], right.numbers[i]); order != 0 {
			return order
		}
	}
	return comparePrerelease(left.prerelease, right.prerelease)
}

// compareNumbers compares decimal numbers without leading zeros, of any length.
func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func comparePrerelease(a, b string) int {
	if a == "" || b == "" { // a release comes after its pre-releases
		return cmp.Compare(len(b), len(a))
	}
	left, right := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(left), len(right)) {
		if order := compareIdentifier(left[i], right[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(left), len(right))
}

func compareIdentifier(a, b string) int {
	leftNumber, rightNumber := isNumber(a), isNumber(b)
	switch {
	case leftNumber && rightNumber:
		return compareNumbers(a, b)
	case leftNumber:
		return -1
	case rightNumber:
		return 1
	}
	return cmp.Compare(a, b)
}

func isNumber(text string) bool { return text != "" && madeOf(text, digits) }

// parseConstraint splits ">=1.0.0" into the operator and the version.
func parseConstraint(text string) (operator, version string, ok bool) {
	for _, operator := range []string{">=", "<=", ">", "<", "="} { // the longer come first
		if version, ok := strings.CutPrefix(text, operator); ok {
			return operator, version, ValidVersion(version)
		}
	}
	return "", "", false
}

func validConstraint(constraint string) bool {
	for part := range strings.FieldsSeq(constraint) {
		if _, _, ok := parseConstraint(part); !ok {
			return false
		}
	}
	return true
}

// Allows tells whether a hub of this version satisfies all the constraints
// of the manifest. No constraint allows every hub.
func (m *Manifest) Allows(hubVersion string) bool {
	for part := range strings.FieldsSeq(m.Pulse) {
		operator, version, ok := parseConstraint(part)
		if !ok || !satisfies(operator, CompareVersions(hubVersion, version)) {
			return false
		}
	}
	return true
}

func satisfies(operator string, order int) bool {
	switch operator {
	case ">=":
		return order >= 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case "<":
		return order < 0
	}
	return order == 0
}
