package credential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubeconfig"
)

// errNotFound means that the program is not installed.
var errNotFound = errors.New("the program is not there")

// Bounds of a program.
const (
	programTimeout = 15 * time.Second
	maxOutput      = 1 << 20 // bytes
	maxMessage     = 512     // bytes
	killGrace      = time.Second
)

// runProgram runs a credential plugin without input. It gets the agent's environment, as it needs the administrator's
// settings, except for what is the agent's own.
func runProgram(ctx context.Context, program kubeconfig.Exec, information string) ([]byte, error) {
	name := filepath.Base(program.Command)
	ctx, cancel := context.WithTimeoutCause(ctx, programTimeout, fmt.Errorf("%s did not answer in time", name))
	defer cancel()
	stdout, stderr := &limited{limit: maxOutput}, &limited{limit: maxMessage}
	command := exec.CommandContext(ctx, program.Command, program.Args...)
	command.Env = append(environment(os.Environ()), program.Env...)
	command.Env = append(command.Env, "KUBERNETES_EXEC_INFO="+information)
	command.Stdout, command.Stderr = stdout, stderr
	command.WaitDelay = killGrace
	ownGroup(command)
	err := command.Run()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", name, errNotFound)
	case err != nil:
		return nil, fmt.Errorf("%s: %w: %s", name, err, firstLine(stderr.buffer.String()))
	case stdout.over:
		return nil, fmt.Errorf("%s wrote too much", name)
	}
	return stdout.buffer.Bytes(), nil
}

// environment leaves out the agent's own settings, among which is the token of the hub.
func environment(all []string) []string {
	kept := make([]string, 0, len(all)+1)
	for _, variable := range all {
		if !strings.HasPrefix(variable, "PULSE_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// limited keeps the beginning of what is written to it.
type limited struct {
	buffer bytes.Buffer
	limit  int
	over   bool
}

// Write takes everything, so that the program does not hang.
func (l *limited) Write(data []byte) (int, error) {
	room := l.limit - l.buffer.Len()
	l.buffer.Write(data[:min(room, len(data))])
	l.over = l.over || len(data) > room
	return len(data), nil
}

// firstLine returns the first line of a text for people, without anything but printable characters.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = strings.Map(func(char rune) rune {
		if char < ' ' || char == 0x7f {
			return -1
		}
		return char
	}, strings.ToValidUTF8(line, "?"))
	return line[:min(len(line), maxMessage)]
}
