package proxmox

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// How old what is known of a guest may become before it is asked for again.
const (
	filesystemAge = 50 * time.Second
	addressAge    = 2 * time.Minute
	settingsAge   = 10 * time.Minute // configuration and balloon
	systemAge     = time.Hour        // operating system
)

// The times for which an agent that fails is left alone.
const (
	firstAgentRest   = 2 * time.Minute
	longestAgentRest = 15 * time.Minute
)

// guestFacts are what is known of the inside of a guest. Slices and pointers
// are not changed once they are here.
type guestFacts struct {
	uptime time.Duration // of the guest when all this was seen

	settingsAt       time.Time
	agent            bool // the configuration has a guest agent
	oci              bool
	osName           string
	rootDevice       string
	memorySource     string
	balloon          uint64
	swap             resource.Capacity
	diskUnknown      string // why there are no file systems; empty if there are
	filesystems      []resource.Filesystem
	filesystemsAt    time.Time
	interfaces       []resource.Interface
	addressesAt      time.Time
	agentOS          osInfo
	agentVersion     string
	systemAt         time.Time
	agentRest        time.Duration
	agentRestedUntil time.Time
}

// osInfo is what a guest agent says of the operating system.
type osInfo struct{ name, version string }

// Why it is not known how full the disks of a guest are.
const (
	unknownStopped     = "vm-stopped"
	unknownNoStatus    = "no-status"
	unknownDisabled    = "agent-disabled"
	unknownNotRunning  = "agent-not-running"
	unknownTimeout     = "agent-timeout"
	unknownError       = "agent-error"
	unknownForbidden   = "permission-denied"
	unknownNone        = "no-filesystems"
	unknownSpecialOnly = "special-filesystems-only"
)

// collectGuests looks inside the guests and keeps what it learns for the
// dataset status; it holds nothing of its own. The guests that were not looked
// at for longest come first, so that all have their turn however many they are.
func (s *source) collectGuests(ctx context.Context, out *sdk.Snapshot) error {
	view, err := s.cluster.recent(ctx)
	if err != nil {
		return err
	}
	byNode := map[string][]*resourceRow{}
	for _, row := range view.guests() {
		byNode[string(row.Node)] = append(byNode[string(row.Node)], row)
	}
	failed := s.eachNode(ctx, datasetGuests, view.online(), func(node string) error {
		if len(byNode[node]) == 0 {
			return nil
		}
		return s.lookInside(ctx, node, byNode[node], max(s.limits.guests/len(view.nodes), guestsPerNode))
	})
	tellFailures(out, failed)
	return nil
}

const (
	// guestWorkers is how many guests of one node are looked at at the same time.
	guestWorkers = 2
	// guestsPerNode is how many guests of one node may be looked at in one
	// round, however many nodes there are.
	guestsPerNode = 20
)

// lookInside looks at the guests of a node until the time is over or enough of them had their turn.
func (s *source) lookInside(ctx context.Context, node string, rows []*resourceRow, enough int) error {
	if err := s.readSwap(ctx, node, rows); err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(a, b *resourceRow) int {
		return cmp.Compare(s.lookedAt(a), s.lookedAt(b))
	})
	next := make(chan *resourceRow)
	var turns atomic.Int64
	var workers sync.WaitGroup
	for range guestWorkers {
		workers.Go(func() {
			for row := range next {
				before := s.lookedAt(row)
				if s.lookAtGuest(ctx, row); s.lookedAt(row) != before {
					turns.Add(1)
				}
			}
		})
	}
	for _, row := range rows {
		if ctx.Err() != nil || turns.Load() >= int64(enough) {
			break // the rest comes first the next time
		}
		next <- row
	}
	close(next)
	workers.Wait()
	return nil
}

// lookedAt returns when a guest was last looked at, in Unix seconds.
func (s *source) lookedAt(row *resourceRow) int64 {
	known, ok := s.facts.guest(row.guestID())
	if !ok {
		return 0
	}
	if known.addressesAt.After(known.filesystemsAt) {
		return known.addressesAt.Unix()
	}
	return known.filesystemsAt.Unix()
}

// lxcRow is a row of /nodes/{node}/lxc.
type lxcRow struct {
	VMID    number `json:"vmid"`
	Swap    number `json:"swap"`
	MaxSwap number `json:"maxswap"`
}

// readSwap asks once for the swap space of all system containers of a node.
func (s *source) readSwap(ctx context.Context, node string, guests []*resourceRow) error {
	if !slices.ContainsFunc(guests, func(r *resourceRow) bool { return r.Type == typeLXC }) {
		return nil
	}
	var rows []lxcRow
	if err := s.get(ctx, s.limits.node, &rows, "nodes", node, "lxc"); err != nil {
		return err
	}
	for _, r := range rows {
		id := guestID(typeLXC, r.VMID.Int())
		known, _ := s.facts.guest(id)
		known.swap = capacity(r.Swap, r.MaxSwap)
		s.facts.setGuest(id, known)
	}
	return nil
}

// lookAtGuest asks what has become too old.
func (s *source) lookAtGuest(ctx context.Context, row *resourceRow) {
	id, now := row.guestID(), s.now()
	known, seen := s.facts.guest(id)
	running := guestStatus(row) == resource.StatusRunning
	if uptime := row.Uptime.Seconds(); !seen || running && uptime < known.uptime { // it has begun another run
		known = guestFacts{oci: known.oci, osName: known.osName, swap: known.swap, diskUnknown: unknownNoStatus}
	}
	known.uptime = row.Uptime.Seconds()
	if now.Sub(known.settingsAt) >= settingsAge {
		s.readSettings(ctx, row, running, &known)
	}
	if running && row.Type == typeLXC && now.Sub(known.addressesAt) >= addressAge {
		s.readContainerAddresses(ctx, row, &known)
	}
	if running && row.Type == typeQEMU {
		s.askAgent(ctx, row, &known)
	}
	if !running { // what was inside may be another thing when it comes back
		known.filesystemsAt = now
	}
	s.facts.setGuest(id, known)
}

// describe puts what is known into a guest's resource.
func (f *guestFacts) describe(r *resource.Resource, d *resource.Guest, row *resourceRow) {
	d.OSName, d.MemorySource = f.osName, "status"
	if r.Kind == resource.KindContainer {
		f.describeContainer(r, d)
		return
	}
	if r.Status == resource.StatusStopped || r.Status == resource.StatusUnknown {
		d.DiskUnknown = unknownStopped
		if r.Status == resource.StatusUnknown {
			d.DiskUnknown = unknownNoStatus
		}
		r.Usage.Disk = capacity(number{}, row.MaxDisk)
		return
	}
	f.describeMachine(r, d, row)
}

func (f *guestFacts) describeContainer(r *resource.Resource, d *resource.Guest) {
	if r.Status == resource.StatusUnknown {
		return
	}
	if r.Status != resource.StatusStopped {
		r.Usage.Swap = f.swap
		d.Interfaces, d.Addresses = f.interfaces, addressesOf(f.interfaces)
	}
	if r.Usage.Disk.Total > 0 && r.Status != resource.StatusStopped {
		d.Filesystems = []resource.Filesystem{{Mountpoint: "/", Device: f.rootDevice, Capacity: r.Usage.Disk}}
	}
}

func (f *guestFacts) describeMachine(r *resource.Resource, d *resource.Guest, row *resourceRow) {
	if f.agentOS.name != "" {
		d.OSName, d.OSVersion = f.agentOS.name, f.agentOS.version
	}
	d.AgentVersion, d.Filesystems, d.DiskUnknown = f.agentVersion, f.filesystems, f.diskUnknown
	d.Interfaces, d.Addresses = f.interfaces, addressesOf(f.interfaces)
	if f.memorySource != "" {
		d.MemorySource = f.memorySource
	}
	d.Balloon = f.balloon
	if len(f.filesystems) == 0 {
		if d.DiskUnknown == "" {
			d.DiskUnknown = unknownNoStatus
		}
		r.Usage.Disk = capacity(number{}, row.MaxDisk)
		return
	}
	d.DiskUnknown, r.Usage.Disk = "", sumOf(f.filesystems)
}
