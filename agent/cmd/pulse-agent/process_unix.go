//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"github.com/pulse-hub/pulse/agent/app"
)

// serve runs the program. Service managers need nothing else here.
func serve(ctx context.Context, run func(context.Context) int) int { return run(ctx) }

// runInstead replaces this process by the program, with the same arguments and the same process id.
func runInstead(program app.Program) error {
	err := syscall.Exec(program.Path, append([]string{program.Path}, program.Args...), os.Environ())
	return fmt.Errorf("run the new program: %w", err)
}
