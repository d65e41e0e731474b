// Package allow says which command lines the owner of a machine lets others run on it.
//
// A pattern is a command line as it is written, byte for byte. A * in it stands for a part of one argument: one or more
// ASCII letters, digits and characters of _ - . / : @ = , and +, so never for a space, a quote, or anything else that a shell
// gives a meaning. What it stands for is no option (it does not begin with a dash where the argument or a quoted text begins) and
// does not climb (an argument with a * in its pattern has no ".."). The first word, the program, has no *. A backslash
// before a * makes it that character; every other backslash is itself.
package allow

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxPatterns bounds a list.
	MaxPatterns = 256
	// MaxPattern bounds one pattern of it, in bytes.
	MaxPattern = 4 << 10
	// MaxLine bounds the command lines that a list permits, in bytes.
	MaxLine = 8 << 10
)

// Reasons why a pattern is none. None of them quotes it.
var (
	// ErrTooMany: there are more than MaxPatterns.
	ErrTooMany = fmt.Errorf("more than %d commands", MaxPatterns)
	// ErrLong: it is longer than MaxPattern.
	ErrLong = fmt.Errorf("a command is longer than %d bytes", MaxPattern)
	// ErrHidden: a person who reads it would not see all of it.
	ErrHidden = errors.New("a command has characters that are not shown")
	// ErrProgram: its first word has a *, and would let any program run.
	ErrProgram = errors.New("a command has a * in its first word: name the program")
	// ErrAdjacent: two * stand side by side.
	ErrAdjacent = errors.New("a command has two * side by side")
	// ErrClimbs: a * and ".." are in one argument, which nothing would match.
	ErrClimbs = errors.New("a command has * and .. in one argument")
)

// Pattern stands for command lines. [Parse] makes it.
type Pattern string

// List permits what one of its patterns stands for; an empty one, nothing. It is not changed once made, and safe for
// concurrent use then.
type List []Pattern

// Parse reads patterns that stand on lines of their own or between ";;". White space around them does not count, nor do
// empty ones.
func Parse(text string) (List, error) {
	var list List
	for line := range strings.Lines(text) {
		for each := range strings.SplitSeq(line, ";;") {
			if each = strings.TrimSpace(each); each == "" {
				continue
			}
			if err := check(each); err != nil {
				return nil, err
			}
			if list = append(list, Pattern(each)); len(list) > MaxPatterns {
				return nil, ErrTooMany
			}
		}
	}
	return list, nil
}

func check(pattern string) error {
	if len(pattern) > MaxPattern {
		return ErrLong
	}
	if !utf8.ValidString(pattern) || strings.ContainsFunc(pattern, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ErrHidden
	}
	for i, word := range strings.Split(pattern, " ") {
		literals := split(word)
		switch {
		case len(literals) == 1:
		case i == 0:
			return ErrProgram
		case slices.Contains(literals[1:len(literals)-1], ""):
			return ErrAdjacent
		case slices.ContainsFunc(literals, climbs):
			return ErrClimbs
		}
	}
	return nil
}

// Permits reports whether a command line may run, as it stands: whoever trims it does so before.
func (l List) Permits(line string) bool {
	if len(line) > MaxLine {
		return false
	}
	return slices.ContainsFunc(l, func(p Pattern) bool { return p.Matches(line) })
}
