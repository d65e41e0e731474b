package cgroup

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Find returns the folder of the control group this process is in and the
// controllers that could be used below it, without changing anything. The error
// wraps ErrUnavailable unless groups may be made there.
func Find() (dir string, controllers []string, err error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	membership, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	dir, inner, err := locate(string(mounts), string(membership))
	if err != nil {
		return "", nil, err
	}
	if err := mayDivide(dir, inner); err != nil {
		return "", nil, err
	}
	list, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	for _, name := range strings.Fields(string(list)) {
		if name == Memory || name == Pids || name == CPU {
			controllers = append(controllers, name)
		}
	}
	return dir, controllers, nil
}

// locate finds the process's own group in the texts of mountinfo and cgroup,
// see proc_pid_mountinfo(5) and cgroups(7). inner tells whether the group is
// below the top of what this process sees.
func locate(mounts, membership string) (dir string, inner bool, err error) {
	path := ""
	for line := range strings.Lines(membership) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			path = rest
		}
	}
	if path == "" {
		return "", false, fmt.Errorf("%w: only version 1 is there", ErrUnavailable)
	}
	if strings.HasPrefix(path, "/..") {
		return "", false, fmt.Errorf("%w: the hub's own is outside what it sees", ErrUnavailable)
	}
	for line := range strings.Lines(mounts) {
		fields, tail, ok := strings.Cut(line, " - ")
		parts := strings.Fields(fields)
		if !ok || len(parts) < 5 || !strings.HasPrefix(tail, "cgroup2 ") {
			continue
		}
		relative, err := filepath.Rel(parts[3], path)
		if err != nil || !filepath.IsLocal(relative) {
			continue // mounted from elsewhere
		}
		return filepath.Join(unescape(parts[4]), relative), relative != ".", nil
	}
	return "", false, fmt.Errorf("%w: version 2 is not mounted", ErrUnavailable)
}

// unescape undoes what mountinfo does to the characters that would break its lines.
func unescape(path string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(path)
}

// mayDivide tells whether the group may be divided: it must be writable, and
// unless it is the top one, whoever owns the tree (systemd) must have handed
// it over. For a user other than root that it is writable says so already.
func mayDivide(dir string, inner bool) error {
	for _, name := range []string{"", "cgroup.procs", "cgroup.subtree_control"} {
		if err := unix.Access(filepath.Join(dir, name), unix.W_OK); err != nil {
			return fmt.Errorf("%w: the hub's own may not be divided: %w", ErrUnavailable, err)
		}
	}
	if !inner || os.Getuid() != 0 || delegated(dir) {
		return nil
	}
	return fmt.Errorf("%w: the hub's own is not delegated to it (Delegate=yes in its systemd unit)", ErrUnavailable)
}

// delegated reads the mark of systemd, see https://systemd.io/CGROUP_DELEGATION.
func delegated(dir string) bool {
	for _, attribute := range []string{"user.delegate", "trusted.delegate"} {
		value := make([]byte, 8)
		if n, err := unix.Getxattr(dir, attribute, value); err == nil && bytes.Equal(value[:n], []byte("1")) {
			return true
		}
	}
	return false
}
