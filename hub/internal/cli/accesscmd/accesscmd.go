// Package accesscmd is the commands by which an administrator of the machine decides who gets in to its hub.
package accesscmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/connect"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
)

// maxPassword bounds a password that is read, in bytes; hubs take shorter ones only.
const maxPassword = 4 << 10

var (
	// errDiffers is returned when a password that is typed twice is not the same.
	errDiffers = errors.New("the two passwords differ")
	// errNoPassword is returned when nothing was typed or read.
	errNoPassword = errors.New("no password was given; type it, or write it to the standard input")
)

// Options are what the commands need.
type Options struct {
	Terminal  *terminal.Terminal
	LookupEnv func(string) (string, bool)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Commands returns the commands.
func Commands(options Options) []*cobra.Command {
	if options.Now == nil {
		options.Now = time.Now
	}
	return []*cobra.Command{
		bootstrapCommand(options), tokenCommand(options), userCommand(options), recoveryCommand(options),
	}
}

// act gives a command the flags of a connection and what it does with the hub.
func (o Options) act(command *cobra.Command, do func(ctx context.Context, hub *client.Client, args []string) error) *cobra.Command {
	connection := connect.New(o.LookupEnv, command)
	command.RunE = func(command *cobra.Command, args []string) error {
		return connection.With(func(hub *client.Client) error { return do(command.Context(), hub, args) })
	}
	return command
}

// say writes a line in which texts of the hub do no harm to the terminal.
func (o Options) say(format string, args ...any) error {
	_, err := fmt.Fprintln(o.Terminal.Out, terminal.Clean(fmt.Sprintf(format, args...)))
	return err
}

// password asks for a password twice without showing it, or reads it from the standard input. It is never an
// argument: those are seen by everybody on the machine.
func (o Options) password(ctx context.Context) (string, error) {
	if !o.Terminal.Interactive {
		return readPassword(o.Terminal.In)
	}
	first, err := o.Terminal.Secret(ctx, "Password")
	if err != nil {
		return "", err
	}
	if first == "" {
		return "", errNoPassword
	}
	second, err := o.Terminal.Secret(ctx, "Password again")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errDiffers
	}
	return first, nil
}

// readPassword reads the first line.
func readPassword(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxPassword)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password: %w", err)
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return "", errNoPassword
	}
	return line, nil
}

// moment shows a time as people here write it; empty: it is not known.
func (o Options) moment(at *time.Time) string {
	if at == nil || at.IsZero() {
		return ""
	}
	return at.In(o.Now().Location()).Format(time.DateTime)
}
