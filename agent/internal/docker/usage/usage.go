// Package usage reads from the kernel what a container uses, which costs a tenth of asking the engine for it.
//
// The kernel accounts by control groups, of version 1 (Documentation/admin-guide/cgroup-v1) or 2
// (Documentation/admin-guide/cgroup-v2.rst). The group of a container is that of its first process, and is believed only
// when its path names the container: an agent that is itself in a container sees other processes under these numbers.
package usage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ErrNotSeen means that the process of a container, or its control group, cannot be seen from here.
var ErrNotSeen = errors.New("control group of the container is not seen")

// Usage is what a container uses at one moment. The counters run since its start.
type Usage struct {
	// At is when it was read.
	At time.Time
	// CPU is processor time used.
	CPU time.Duration
	// MemoryBytes is memory in use without the inactive part of the file cache.
	MemoryBytes int64
	// LimitBytes is the most memory it may use; zero for no limit.
	LimitBytes int64
	// ReadBytes and WriteBytes count traffic with block devices, if BlockIO says that they are known.
	ReadBytes, WriteBytes uint64
	BlockIO               bool
	// Processes counts its tasks.
	Processes int
	// RxBytes and TxBytes count network traffic, if Network says that they are known.
	RxBytes, TxBytes uint64
	Network          bool
}

// Kernel is where the kernel shows its files.
type Kernel struct {
	// Proc is usually /proc, Groups /sys/fs/cgroup.
	Proc, Groups string
}

// Group is the control group of one container. The zero value is none.
type Group struct {
	unified                 bool
	cpu, memory, io, counts string // folders; empty when the controller is off
	network                 string // file; empty when the container has no network of its own
}

// Locate finds the group of the container whose first process has the number pid. With ownNetwork, its traffic is
// counted, too.
func (k Kernel) Locate(id string, pid int, ownNetwork bool) (Group, error) {
	if pid <= 0 || id == "" {
		return Group{}, ErrNotSeen
	}
	process := filepath.Join(k.Proc, strconv.Itoa(pid))
	text, err := os.ReadFile(filepath.Join(process, "cgroup"))
	if err != nil {
		return Group{}, fmt.Errorf("%w: %w", ErrNotSeen, err)
	}
	group := k.parse(string(text), id)
	if group.cpu == "" || group.memory == "" {
		return Group{}, ErrNotSeen
	}
	if _, err := group.Read(nil); err != nil {
		return Group{}, fmt.Errorf("%w: %w", ErrNotSeen, err)
	}
	if ownNetwork {
		group.network = filepath.Join(process, "net", "dev")
	}
	return group, nil
}

// parse reads /proc/<pid>/cgroup, whose lines are number:controllers:path; version 2 has the number 0 and no
// controllers. Where both versions are in use, the controllers are in version 1.
func (k Kernel) parse(text, id string) Group {
	var group Group
	var unified string
	for line := range strings.Lines(text) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, path, _ := strings.Cut(rest, ":")
		path, named := upTo(path, id)
		if !named {
			continue
		}
		if controllers == "" {
			unified = filepath.Join(k.Groups, path)
			continue
		}
		for controller := range strings.SplitSeq(controllers, ",") {
			folder := filepath.Join(k.Groups, controller, path)
			switch controller {
			case "cpuacct":
				group.cpu = folder
			case "memory":
				group.memory = folder
			case "blkio":
				group.io = folder
			case "pids":
				group.counts = folder
			}
		}
	}
	if group.memory == "" && unified != "" {
		return Group{unified: true, cpu: unified, memory: unified, io: unified, counts: unified}
	}
	return group
}

// upTo cuts a path behind the component that names the container: its processes may have made groups of their own
// below, as systemd does.
func upTo(path, id string) (string, bool) {
	at := strings.Index(path, id)
	if at < 0 || strings.Contains(path, "..") {
		return "", false
	}
	if end := strings.IndexByte(path[at:], '/'); end >= 0 {
		return path[:at+end], true
	}
	return path, true
}

// Read measures. The buffer is used for reading and may be nil; one of 16 kB spares allocations. Files of controllers
// that are off are left out.
func (g Group) Read(buffer []byte) (Usage, error) {
	if buffer == nil {
		buffer = make([]byte, 16<<10)
	}
	read := g.readFirst
	if g.unified {
		read = g.readUnified
	}
	usage, err := read(buffer)
	if err != nil {
		return Usage{}, err
	}
	usage.At = time.Now()
	if text, err := contents(g.counts, "pids.current", buffer); err == nil {
		usage.Processes = int(number(text))
	}
	if g.network != "" {
		if text, err := contents(g.network, "", buffer); err == nil {
			usage.RxBytes, usage.TxBytes, usage.Network = traffic(text)
		}
	}
	return usage, nil
}

// contents reads a file of the kernel, which gives no more than the buffer takes, into the buffer.
func contents(folder, name string, buffer []byte) (string, error) {
	if folder == "" {
		return "", os.ErrNotExist
	}
	file, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return "", fmt.Errorf("open: %w", err)
	}
	defer file.Close()
	length, err := io.ReadFull(file, buffer)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read: %w", err)
	}
	return string(buffer[:length]), nil
}
