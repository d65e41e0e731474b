// Package identity decides under which id this machine reports, and tells a clone from its original.
//
// The id is the machine id of the operating system. A virtual machine that was cloned keeps that, but not its hardware:
// the agent stores a fingerprint of the hardware beside the id, and when nothing of it is left it reports under an id of
// its own from then on. A part that was replaced, or that the agent may not read today, changes nothing.
package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"
)

// Files in the state directory. The agent's id stands alone in a file of its own, for scripts that unregister it.
const (
	stateFile = "identity.json"
	idFile    = "agent-id"
)

// Options is what [Resolve] works with.
type Options struct {
	// Root is where the system's files are; empty means "/".
	Root string
	// StateDir is where the fingerprint is kept, made if need be.
	StateDir string
	// AgentID is the id that was configured, and wins; may be empty.
	AgentID string
	// Hostname is the agent's id when there is no other.
	Hostname string
	// ReadOnly leaves the state directory as it is.
	ReadOnly bool
	// Interfaces lists the network interfaces; nil means those of the system.
	Interfaces func() ([]net.Interface, error)
	// SystemID is what the operating system calls the machine, asked when there is no machine id; nil means this one.
	SystemID func() (string, error)
	// Logger is told of a clone, and of a state directory that cannot be used. Required.
	Logger hclog.Logger
}

// Identity is under which ids a machine reports.
type Identity struct {
	// AgentID is the agent's: as configured, else HostID, else the hostname.
	AgentID string
	// HostID is the machine's: the machine id, for a clone with "-" and 8 hex digits after it. Empty when the system
	// has no id.
	HostID string
	// MachineID is that of the operating system, the same on a clone. Empty when the system has none.
	MachineID string
}

// state is what is kept.
type state struct {
	MachineID   string   `json:"machineId"`
	HostID      string   `json:"hostId"`
	Fingerprint []string `json:"fingerprint"`
}

// Resolve finds out who this machine is, and notes it. It always has an answer: what cannot be read or written is
// logged, and an identity that cannot be kept is found anew at the next start.
func Resolve(ctx context.Context, options Options) Identity {
	if options.Root == "" {
		options.Root = "/"
	}
	if options.Interfaces == nil {
		options.Interfaces = net.Interfaces
	}
	if options.SystemID == nil {
		options.SystemID = systemID
	}
	interfaces, err := options.Interfaces()
	if err != nil {
		options.Logger.Debug("network interfaces cannot be listed", "error", err)
	}
	machine := machineID(options, interfaces)
	host := machine
	if machine != "" && ctx.Err() == nil {
		host = options.recognise(machine, fingerprint(options.Root, interfaces))
	}
	result := Identity{AgentID: firstNonEmpty(options.AgentID, host, options.Hostname), HostID: host, MachineID: machine}
	if err := options.write(idFile, []byte(result.AgentID+"\n"), 0o644); err != nil {
		options.Logger.Debug("agent id is not noted", "error", err)
	}
	return result
}

// recognise compares the machine with the one that was here last, and returns its id.
func (o Options) recognise(machine string, now []string) string {
	before, err := o.load()
	if err != nil {
		o.Logger.Warn("identity cannot be read, a clone would not be noticed", "error", err)
	}
	present := state{MachineID: machine, HostID: machine, Fingerprint: now}
	if before.MachineID == machine && before.HostID != "" {
		present.HostID = before.HostID
		present.Fingerprint = merge(before.Fingerprint, now)
		if disjoint(before.Fingerprint, now) {
			present.HostID = machine + "-" + digest(strings.Join(now, "\n"))[:8]
			present.Fingerprint = now
			o.Logger.Warn("THIS MACHINE IS A CLONE of one that reports already: it has the same machine id and none of the"+
				" same hardware, so it reports under an id of its own", "machine_id", machine, "old_id", before.HostID, "new_id", present.HostID)
		}
	}
	if present.equal(before) {
		return present.HostID
	}
	raw, err := json.MarshalIndent(present, "", "  ")
	if err == nil {
		err = o.write(stateFile, raw, 0o600)
	}
	if err != nil {
		o.Logger.Warn("identity cannot be kept, a clone would not be noticed", "error", err)
	}
	return present.HostID
}

func (s state) equal(other state) bool {
	return s.MachineID == other.MachineID && s.HostID == other.HostID && slices.Equal(s.Fingerprint, other.Fingerprint)
}

// load reads what was kept; the zero state when nothing was, or something else.
func (o Options) load() (state, error) {
	raw, err := os.ReadFile(filepath.Join(o.StateDir, stateFile))
	if errors.Is(err, os.ErrNotExist) {
		return state{}, nil
	}
	if err != nil {
		return state{}, fmt.Errorf("read identity: %w", err)
	}
	var kept state
	if err := json.Unmarshal(raw, &kept); err != nil {
		return state{}, fmt.Errorf("read identity: %w", err)
	}
	return kept, nil
}

// write replaces a file of the state directory as a whole, unless it has that content.
func (o Options) write(name string, content []byte, mode os.FileMode) error {
	if o.ReadOnly {
		return nil
	}
	path := filepath.Join(o.StateDir, name)
	if old, err := os.ReadFile(path); err == nil && string(old) == string(content) {
		return nil
	}
	if err := os.MkdirAll(o.StateDir, 0o755); err != nil { //nolint:gosec // G301: others may look in; what is secret has a mode of its own
		return fmt.Errorf("make state directory: %w", err)
	}
	if err := os.WriteFile(path+".new", content, mode); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func firstNonEmpty(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
