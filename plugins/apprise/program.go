package apprise

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/secret"
)

const (
	// programsFile lists, in the plugin's folder, the programs that may be
	// run, as absolute paths, one to a line. Only who has the hub's machine
	// can write it: what the hub's page can set names one of them.
	programsFile = "programs"
	// maxPrograms bounds the file, in bytes.
	maxPrograms = 16 << 10
	// killDelay is how long a program may take to end after it was told to.
	killDelay = time.Second
)

// errProgram says that a program may not be run.
var errProgram = errors.New("program is not allowed")

// program is the apprise program (https://github.com/caronc/apprise).
type program struct {
	name    string // as configured
	dir     string // the plugin's folder
	targets []string
	redact  secret.Redactor
}

func newProgram(c config) (carrier, error) {
	targets, err := c.targets()
	if err != nil {
		return nil, err
	}
	if len(targets) == 0 {
		return nil, sdk.FieldError{Path: "/targets", Message: "must be at least one"}
	}
	name := c.CLIPath
	if name == "" {
		name = "apprise"
	}
	return &program{name: name, dir: c.Instance.DataDir, targets: targets, redact: redactor(targets)}, nil
}

func (p *program) close() {}

// carry implements carrier.
func (p *program) carry(ctx context.Context, m *sdk.Notification) (carried, error) {
	path, err := p.allowed()
	if err != nil {
		return carried{}, sdk.Reject(err)
	}
	title, body := title(m), body(m)
	arguments := []string{"--title=" + title, "--body=" + body, "--notification-type=" + kind(m), "--"}
	command := exec.CommandContext(ctx, path, append(arguments, p.targets...)...)
	command.Dir, command.WaitDelay = p.dir, killDelay
	command.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + p.dir}
	var said bounded
	command.Stdout, command.Stderr = &said, &said
	err = command.Run()
	got := carried{answer: p.redact.Redact(clean(said.kept.String(), maxAnswer, true)), bytes: len(title) + len(body)}
	if err != nil && ctx.Err() != nil {
		return got, again(context.Cause(ctx))
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return got, again(fmt.Errorf("apprise could not tell all targets: %w", exit))
	}
	if err != nil {
		return got, sdk.Reject(fmt.Errorf("run apprise: %w", err))
	}
	return got, nil
}

// allowed returns the path of the program that the configuration names: one
// of those in the file, by its path or by its name alone. The file is read
// each time, so that it can be changed while the plugin runs.
func (p *program) allowed() (string, error) {
	if p.dir == "" {
		return "", fmt.Errorf("%w: the plugin has no folder", errProgram)
	}
	file, err := os.Open(filepath.Join(p.dir, programsFile))
	if err != nil {
		return "", fmt.Errorf("%w: list its absolute path in the file %s in the plugin's folder", errProgram, programsFile)
	}
	defer func() { _ = file.Close() }() // it was only read from
	data, err := io.ReadAll(io.LimitReader(file, maxPrograms))
	if err != nil {
		return "", fmt.Errorf("read list of programs: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		listed := strings.TrimSpace(lines.Text())
		if filepath.IsAbs(listed) && (listed == p.name || filepath.Base(listed) == p.name) {
			return listed, nil
		}
	}
	return "", fmt.Errorf("%w: the file %s in the plugin's folder does not list it", errProgram, programsFile)
}

// bounded keeps the beginning of what is written to it.
type bounded struct{ kept bytes.Buffer }

// Write implements io.Writer. It takes everything.
func (b *bounded) Write(p []byte) (int, error) {
	_, _ = b.kept.Write(p[:min(len(p), maxAnswer-b.kept.Len())]) // to memory
	return len(p), nil
}
