package command

import (
	"errors"
	"strings"
)

// Why an order is refused, in words for the hub's administrators.
var (
	errNothingAllowed = errors.New("this machine allows no commands: its agent runs without --enable-commands and --commands-allow")
	errNotAllowed     = errors.New("this machine does not allow this command: it is not in --commands-allow of its agent")
)

// judge returns the command line that runs on this machine for an order, or why none does. Where there is a list, or the
// hub alone wants commands, the whole line must be in the list: with what brings it into a guest, as a shell of this machine
// reads that, too.
func (r *Runner) judge(asked order) (string, error) {
	if r.Enabled && len(r.Allow) == 0 {
		return asked.line()
	}
	asked.Command = strings.TrimSpace(asked.Command)
	line, err := asked.line()
	switch {
	case err != nil:
		return "", err
	case len(r.Allow) == 0:
		return "", errNothingAllowed
	case !r.Allow.Permits(line):
		return "", errNotAllowed
	}
	return line, nil
}

// extent says which commands run here, for the log.
func (r *Runner) extent() string {
	switch {
	case len(r.Allow) > 0:
		return "allow list"
	case r.Enabled:
		return "any"
	}
	return "none"
}
