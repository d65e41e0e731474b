package launcher

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// separate becomes the user and group of the spec.
func (r *Report) separate(spec *Spec) {
	if spec.Level < Separate {
		return
	}
	if spec.Identity == nil {
		r.lack(Separate, "no user of its own: the hub may not give it one")
		return
	}
	if err := changeUser(int(spec.Identity.UID), int(spec.Identity.GID)); err != nil {
		r.lack(Separate, "no user of its own: "+err.Error())
		return
	}
	r.UIDSeparated = true
}

func changeUser(uid, gid int) error {
	if err := syscall.Setgroups(nil); err != nil {
		return fmt.Errorf("leave groups: %w", err)
	}
	if err := syscall.Setresgid(gid, gid, gid); err != nil {
		return fmt.Errorf("change group: %w", err)
	}
	if err := syscall.Setresuid(uid, uid, uid); err != nil {
		return fmt.Errorf("change user: %w", err)
	}
	return nil
}

// renounce gives up all capabilities, which root has and anybody may have been
// given. With no_new_privs they do not come back, not even to root.
func (r *Report) renounce() {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		r.lack(Confined, "rights of root are kept: "+err.Error())
	}
}
