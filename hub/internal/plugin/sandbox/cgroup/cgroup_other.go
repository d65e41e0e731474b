//go:build !linux

package cgroup

import (
	"context"
	"fmt"
	"os"
	"runtime"
)

// Tree is the folder of one hub's groups. There is none on this system.
type Tree struct{}

// Group is the control group of one process. There is none on this system.
type Group struct{}

// Find always fails on this system.
func Find() (dir string, controllers []string, err error) {
	return "", nil, fmt.Errorf("%w on %s", ErrUnavailable, runtime.GOOS)
}

// Open always fails on this system.
func Open() (*Tree, error) { return nil, fmt.Errorf("%w on %s", ErrUnavailable, runtime.GOOS) }

// Controllers returns none.
func (*Tree) Controllers() []string { return nil }

// Close does nothing.
func (*Tree) Close() error { return nil }

// Make always fails on this system.
func (*Tree) Make(string, Limits) (*Group, error) {
	return nil, fmt.Errorf("%w on %s", ErrUnavailable, runtime.GOOS)
}

// Limiting returns none.
func (*Group) Limiting() []string { return nil }

// Folder returns nil.
func (*Group) Folder() *os.File { return nil }

// Kill does nothing.
func (*Group) Kill() error { return nil }

// Close does nothing.
func (*Group) Close(context.Context) error { return nil }
