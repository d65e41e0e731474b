// Package transfercmd is the commands that take the configuration of a hub out and in.
package transfercmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

const (
	// passphraseVariable is where a passphrase is looked for when no file is named.
	passphraseVariable = "PULSE_PASSPHRASE"
	// maxPassphrase bounds a file with a passphrase, in bytes.
	maxPassphrase = 4 << 10
)

// Options are what the commands need.
type Options struct {
	Terminal  *terminal.Terminal
	LookupEnv func(string) (string, bool)
}

// Commands returns the commands.
func Commands(options Options) []*cobra.Command {
	return []*cobra.Command{exportCommand(options), importCommand(options)}
}

// passphrase is where the passphrase of a bundle comes from.
type passphrase struct {
	options Options
	file    string
}

func newPassphrase(options Options, command *cobra.Command) *passphrase {
	p := &passphrase{options: options}
	command.Flags().StringVar(&p.file, "passphrase-file", "", "file whose first line is the passphrase ("+passphraseVariable+"; otherwise it is asked for)")
	return p
}

// read returns the passphrase. Somebody who types a new one types it twice.
func (p *passphrase) read(ctx context.Context, isNew bool) (string, error) {
	if p.file != "" {
		return p.fromFile()
	}
	if value, _ := p.options.LookupEnv(passphraseVariable); value != "" {
		return value, nil
	}
	typed, err := p.ask(ctx, "Passphrase")
	if err != nil || !isNew {
		return typed, err
	}
	again, err := p.ask(ctx, "Passphrase again")
	if err != nil {
		return "", err
	}
	if typed != again {
		return "", usage.Errorf("the two passphrases differ")
	}
	return typed, nil
}

func (p *passphrase) ask(ctx context.Context, prompt string) (string, error) {
	typed, err := p.options.Terminal.Secret(ctx, prompt)
	if errors.Is(err, terminal.ErrNobody) {
		return "", usage.Errorf("there is nobody to ask for the passphrase: name a file with --passphrase-file, or set %s", passphraseVariable)
	}
	return typed, err
}

func (p *passphrase) fromFile() (string, error) {
	text, err := readFile(p.file, nil, maxPassphrase)
	if err != nil {
		return "", fmt.Errorf("read passphrase: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", usage.Errorf("the file with the passphrase begins with an empty line")
	}
	return line, nil
}

// readFile returns a file; "-" is the standard input if that is given. One that is longer than limit is an error.
func readFile(path string, in io.Reader, limit int64) ([]byte, error) {
	if path != "-" || in == nil {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("it is longer than %d bytes", limit)
	}
	return text, err
}
