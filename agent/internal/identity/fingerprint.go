package identity

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Kinds of what a fingerprint is made of; each part of it begins with one.
const (
	kindBoard = "board:"
	kindMAC   = "mac:"
	kindDisk  = "disk:"
)

// Ids that makers leave in hardware, and that virtual machines share: whole ones, and what others contain.
var (
	placeholders = []string{"none", "unknown", "invalid", "0123456789", "123456789", "1234567890"}
	shared       = []string{
		"not specified", "not applicable", "to be filled", "default string", "system serial", "03000200-0400-0500-0006-000700080009",
		"drive-scsi", "drive-virtio", "qm000", "qemu_harddisk_drive",
	}
)

// fingerprint lists hashes of what tells one piece of hardware from another, sorted: ids of board and disks, and hardware
// addresses. In a container only the addresses belong to it, and in one of Docker or Podman, which are made anew at will,
// nothing does.
func fingerprint(root string, interfaces []net.Interface) []string {
	if exists(root, ".dockerenv") || exists(root, "run/.containerenv") {
		return nil
	}
	var parts []string
	for _, each := range interfaces {
		if isPhysical(each) {
			parts = append(parts, part(kindMAC, each.HardwareAddr.String()))
		}
	}
	if !inContainer(root) {
		for _, name := range []string{"product_uuid", "product_serial", "board_serial"} {
			parts = append(parts, read(root, kindBoard, "sys/class/dmi/id/"+name)...)
		}
		for _, disk := range disks(root) {
			for _, name := range []string{"serial", "device/serial", "wwid", "device/wwid"} {
				parts = append(parts, read(root, kindDisk, "sys/block/"+disk+"/"+name)...)
			}
		}
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}

// part returns one part of a fingerprint. What it was made of cannot be read from it.
func part(kind, text string) string { return kind + digest(kind + text)[:16] }

// read returns the part in a file; none when the file cannot be read or holds a placeholder.
func read(root, kind, path string) []string {
	raw, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return nil
	}
	text := strings.ToLower(strings.Join(strings.Fields(string(bytes.Trim(raw, "\x00"))), " "))
	if !tells(text) {
		return nil
	}
	return []string{part(kind, text)}
}

// tells reports whether an id can be that of one piece of hardware only.
func tells(text string) bool {
	if len(text) < 4 || strings.Trim(text, text[:1]+"-. ") == "" {
		return false
	}
	return !slices.Contains(placeholders, text) &&
		!slices.ContainsFunc(shared, func(known string) bool { return strings.Contains(text, known) })
}

// disks lists the whole disks of the system.
func disks(root string) (names []string) {
	entries, err := os.ReadDir(filepath.Join(root, "sys/block"))
	if err != nil {
		return nil // not Linux
	}
	for _, entry := range entries {
		if !hasAnyPrefix(entry.Name(), []string{"loop", "ram", "dm-", "md", "zram", "sr", "zd", "nbd", "fd", "drbd"}) {
			names = append(names, entry.Name())
		}
	}
	return names
}

// inContainer reports whether the system is a container, as its manager tells those within
// (https://systemd.io/CONTAINER_INTERFACE/).
func inContainer(root string) bool {
	if exists(root, "run/systemd/container") {
		return true
	}
	raw, err := os.ReadFile(filepath.Join(root, "proc/1/environ"))
	return err == nil && (bytes.HasPrefix(raw, []byte("container=")) || bytes.Contains(raw, []byte("\x00container=")))
}

func exists(root, path string) bool {
	_, err := os.Stat(filepath.Join(root, path))
	return err == nil
}

// disjoint reports whether two fingerprints, both of which tell something, have kinds in common but no part.
func disjoint(before, now []string) bool {
	comparable := false
	for _, each := range now {
		if slices.Contains(before, each) {
			return false
		}
		comparable = comparable || slices.ContainsFunc(before, func(old string) bool { return kindOf(old) == kindOf(each) })
	}
	return comparable
}

// merge returns the present fingerprint with the parts of the one before whose kind cannot be seen now, such as ids that
// only root may read.
func merge(before, now []string) []string {
	merged := slices.Clone(now)
	for _, old := range before {
		if !slices.ContainsFunc(now, func(each string) bool { return kindOf(each) == kindOf(old) }) {
			merged = append(merged, old)
		}
	}
	slices.Sort(merged)
	return merged
}

func kindOf(part string) string {
	kind, _, _ := strings.Cut(part, ":")
	return kind
}
