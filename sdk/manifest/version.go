package manifest

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// versionPattern is that of https://semver.org version 2.0.0.
var versionPattern = regexp.MustCompile(`^(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})` +
	`(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?` +
	`(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$`)

// ValidVersion tells whether a text is a semantic version of at most 100 characters.
func ValidVersion(version string) bool {
	return len(version) <= 100 && versionPattern.MatchString(version)
}

// CompareVersions returns -1, 0 or 1 by the precedence rules of semantic
// versioning. A text that is no version comes before every version.
func CompareVersions(a, b string) int {
	left, right := versionPattern.FindStringSubmatch(a), versionPattern.FindStringSubmatch(b)
	if left == nil || right == nil {
		return cmp.Compare(len(left), len(right))
	}
	for i := 1; i <= 3; i++ {
		if order := compareNumbers(left[i], right[i]); order != 0 {
			return order
		}
	}
	return comparePrerelease(left[4], right[4])
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

func isNumber(text string) bool {
	_, err := strconv.ParseUint(text, 10, 64)
	return err == nil || strings.Trim(text, "0123456789") == ""
}

var constraintPattern = regexp.MustCompile(`^(>=|<=|>|<|=)(.+)$`)

func validConstraint(constraint string) bool {
	for part := range strings.FieldsSeq(constraint) {
		match := constraintPattern.FindStringSubmatch(part)
		if match == nil || !ValidVersion(match[2]) {
			return false
		}
	}
	return true
}

// Allows tells whether a hub of this version satisfies all the constraints
// of the manifest. No constraint allows every hub.
func (m *Manifest) Allows(hubVersion string) bool {
	for part := range strings.FieldsSeq(m.Pulse) {
		match := constraintPattern.FindStringSubmatch(part)
		if match == nil || !satisfies(match[1], CompareVersions(hubVersion, match[2])) {
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
