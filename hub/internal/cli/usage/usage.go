// Package usage tells apart what a person asked for wrongly from what went
// wrong: the two end a program with different exit codes.
package usage

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Error says that arguments or flags make no sense.
type Error struct{ Err error }

// Error is the text of the error within.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error within.
func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an Error with that text.
func Errorf(format string, args ...any) error { return &Error{Err: fmt.Errorf(format, args...)} }

// Is tells whether the error is one of usage.
func Is(err error) bool {
	_, ok := errors.AsType[*Error](err)
	return ok
}

// Args has a command take as many arguments as its usage line names: words in
// capitals are arguments, those in brackets may be left out.
func Args(command *cobra.Command, args []string) error {
	least, most := 0, 0
	for _, word := range strings.Fields(command.Use)[1:] {
		switch {
		case strings.HasPrefix(word, "["):
			most++
		case strings.HasPrefix(word, "-"):
		default:
			least, most = least+1, most+1
		}
	}
	if len(args) >= least && len(args) <= most {
		return nil
	}
	return Errorf("%d arguments given; it is called like this: %s", len(args), command.UseLine())
}

// Group makes a command that only holds others: alone it shows its help, and a
// word that is none of them is an error.
func Group(command *cobra.Command) *cobra.Command {
	command.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		text := fmt.Sprintf("%q is not a command of %s", args[0], command.CommandPath())
		if like := command.SuggestionsFor(args[0]); len(like) > 0 {
			text += "; did you mean " + strings.Join(like, " or ") + "?"
		}
		return Errorf("%s", text)
	}
	command.RunE = func(command *cobra.Command, _ []string) error { return command.Help() }
	command.SuggestionsMinimumDistance = 2
	return command
}
