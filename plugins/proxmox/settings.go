package proxmox

import (
	"context"
	"strings"
)

// machineStatus is /nodes/{node}/qemu/{vmid}/status/current, as far as it says
// more than the row.
type machineStatus struct {
	Agent   boolean `json:"agent"`
	Balloon balloon `json:"ballooninfo"`
}

// balloon is what the balloon driver in the guest tells.
type balloon struct {
	Actual     number `json:"actual"`
	MaxMemory  number `json:"max_mem"`
	Total      number `json:"total_mem"`
	Free       number `json:"free_mem"`
	LastUpdate number `json:"last_update"`
}

// guestSettings is the configuration of a guest.
type guestSettings struct {
	Agent      text `json:"agent"`      // QEMU: "1,fstrim_cloned_disks=1"
	OSType     text `json:"ostype"`     // LXC: "debian"; QEMU: a family only
	RootFS     text `json:"rootfs"`     // LXC
	Entrypoint text `json:"entrypoint"` // LXC made of an OCI image, since 9.1
	Env        text `json:"env"`        // the same
}

// agentEnabled reads the option: "1", "enabled=1" or "1,type=virtio".
func (c guestSettings) agentEnabled() bool {
	options := c.Agent.Options()
	value := options["enabled"]
	if value == "" {
		value = options[""]
	}
	return value == "1"
}

// isOCI says whether a container was made of an OCI image: only these have an
// entry point or an environment of their own.
func (c guestSettings) isOCI() bool { return c.Entrypoint != "" || c.Env != "" }

// readSettings asks for the configuration, and a running machine for its
// balloon. What cannot be read is tried again at the next pass.
func (s *source) readSettings(ctx context.Context, row *resourceRow, running bool, known *guestFacts) {
	var config guestSettings
	if err := s.getGuest(ctx, row, &config, "config"); err != nil {
		s.log.Debug("configuration of a guest is not read", "guest_id", row.guestID(), "error", err)
		return
	}
	known.settingsAt = s.now()
	if row.Type == typeLXC {
		known.oci, known.osName = config.isOCI(), distribution(string(config.OSType))
		known.rootDevice = config.RootFS.Options()[""]
		return
	}
	known.agent = config.agentEnabled()
	if !running {
		return
	}
	var status machineStatus
	if err := s.getGuest(ctx, row, &status, "status", "current"); err != nil {
		s.log.Debug("status of a guest is not read", "guest_id", row.guestID(), "error", err)
		return
	}
	known.memorySource, known.balloon = status.Balloon.source()
}

// source says where the memory of a machine's row comes from: from the balloon
// driver if it tells anything, else from the processes of the host.
func (b balloon) source() (name string, target uint64) {
	if !b.Total.Known() || !b.Free.Known() {
		return "status", 0
	}
	if actual := b.Actual.Bytes(); actual < b.MaxMemory.Bytes() {
		target = actual
	}
	return "balloon", target
}

func (s *source) getGuest(ctx context.Context, row *resourceRow, into any, segments ...string) error {
	path := append([]string{"nodes", string(row.Node), string(row.Type), row.vmidText()}, segments...)
	limit := s.limits.guest
	if segments[0] == "agent" {
		limit = s.limits.agent
	}
	return s.get(ctx, limit, into, path...)
}

func (r *resourceRow) vmidText() string {
	_, vmid, _ := strings.Cut(r.guestID(), "/")
	return vmid
}

// distribution returns how a distribution writes its name, of what the
// configuration of a container calls it.
func distribution(ostype string) string {
	names := map[string]string{
		"alpine": "Alpine Linux", "archlinux": "Arch Linux", "centos": "CentOS", "debian": "Debian", "devuan": "Devuan",
		"fedora": "Fedora", "gentoo": "Gentoo", "nixos": "NixOS", "opensuse": "openSUSE", "ubuntu": "Ubuntu", "unmanaged": "",
	}
	if name, known := names[ostype]; known {
		return name
	}
	return ostype
}
