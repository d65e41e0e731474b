package project

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk/manifest"
)

const (
	// buildLimit bounds one run of the Go compiler, which may have to compile all modules first.
	buildLimit = 10 * time.Minute
	// askLimit is how long a program may take to print its manifest.
	askLimit = 20 * time.Second
	// maxWords bounds what is repeated of what a program or compiler said, in bytes.
	maxWords = 8 << 10
)

var (
	errBuildTimeout = errors.New("build deadline passed")
	errAskTimeout   = errors.New("manifest deadline passed")
)

func (p *Project) goBuild(ctx context.Context, output, platform string) error {
	system, architecture, ok := strings.Cut(platform, "-")
	if !ok {
		return fmt.Errorf("%w: %.40q is not like linux-amd64", ErrPlatform, platform)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, buildLimit, errBuildTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", output, p.main)
	command.Dir = p.path
	command.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+architecture, "CGO_ENABLED=0")
	said, err := command.CombinedOutput()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%w: Go is not installed, see https://go.dev/dl", ErrBuild)
	}
	if err != nil {
		return fmt.Errorf("%w:\n%s", ErrBuild, bytes.TrimSpace(said[:min(len(said), maxWords)]))
	}
	return nil
}

// ask starts the author's own program to learn what plugin it is.
func ask(ctx context.Context, program string) (*manifest.Manifest, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, askLimit, errAskTimeout)
	defer cancel()
	var complaint bytes.Buffer
	command := exec.CommandContext(ctx, program, "manifest")
	command.Stderr = &complaint
	printed, err := command.Output()
	if err != nil {
		said := complaint.Bytes()
		return nil, fmt.Errorf("%w: %w: %s", ErrManifest, err, bytes.TrimSpace(said[:min(len(said), maxWords)]))
	}
	m, err := manifest.Decode(printed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	return m, nil
}
