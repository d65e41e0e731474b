package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

const (
	prefix  = "pulse-"
	hubLeaf = "pulse-hub"
)

// Tree is the folder of one hub's groups. It is safe for concurrent use.
type Tree struct {
	path        string
	controllers []string
}

// Open makes the folder for this process's groups within its own group, and
// removes those of hubs that are gone. To hand limits down it may have to move
// this process into a group beside it: a group that limits others may hold no
// processes itself. What controllers there are in the end, Controllers says.
func Open() (*Tree, error) {
	own, wanted, err := Find()
	if err != nil {
		return nil, err
	}
	removeAbandoned(own)
	tree := &Tree{path: filepath.Join(own, prefix+strconv.Itoa(os.Getpid()))}
	if err := os.Mkdir(tree.path, 0o755); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // G301: the kernel decides who may write there
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	for _, controller := range wanted {
		if handDown(own, controller) == nil && enable(tree.path, controller) == nil {
			tree.controllers = append(tree.controllers, controller)
		}
	}
	return tree, nil
}

// handDown enables a controller below the hub's own group, from which the hub moves if it must.
func handDown(own, controller string) error {
	err := enable(own, controller)
	if !errors.Is(err, syscall.EBUSY) {
		return err
	}
	leaf := filepath.Join(own, hubLeaf)
	if err := os.Mkdir(leaf, 0o755); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // G301: the kernel decides who may write there
		return err
	}
	if err := write(leaf, "cgroup.procs", strconv.Itoa(os.Getpid())); err != nil {
		return err
	}
	return enable(own, controller)
}

func enable(dir, controller string) error {
	return write(dir, "cgroup.subtree_control", "+"+controller)
}

// removeAbandoned removes the empty folders of hubs that no longer run.
func removeAbandoned(own string) {
	entries, _ := os.ReadDir(own) // none to be seen, none to be removed
	for _, entry := range entries {
		number, ours := strings.CutPrefix(entry.Name(), prefix)
		pid, err := strconv.Atoi(number)
		if !ours || err != nil || errors.Is(syscall.Kill(pid, 0), syscall.EPERM) || syscall.Kill(pid, 0) == nil {
			continue
		}
		folder := filepath.Join(own, entry.Name())
		groups, _ := os.ReadDir(folder)
		for _, group := range groups {
			_ = syscall.Rmdir(filepath.Join(folder, group.Name())) // fails for files, and while in use
		}
		_ = syscall.Rmdir(folder)
	}
}

// Controllers returns those of Memory, Pids and CPU whose limits take effect.
func (t *Tree) Controllers() []string { return slices.Clone(t.controllers) }

// Close removes the folder. Its groups must be closed before.
func (t *Tree) Close() error {
	if err := syscall.Rmdir(t.path); err != nil && !errors.Is(err, syscall.ENOENT) {
		return fmt.Errorf("remove control groups: %w", err)
	}
	return nil
}

// write writes a control file that the kernel has made.
func write(dir, name, text string) error {
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}
