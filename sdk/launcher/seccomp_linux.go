package launcher

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// errUnknownProcessor says that the numbers of system calls are not known here.
var errUnknownProcessor = errors.New("not made for this processor")

// x32Bit marks the system calls of the x32 ABI on amd64.
const x32Bit = 0x40000000

// Offsets into struct seccomp_data. Of the arguments the low half is read, on
// processors that have it first.
const (
	offsetCall     = 0
	offsetArch     = 4
	offsetFamily   = 16
	offsetProtocol = 32
)

// filterSockets forbids sockets that Landlock's rules about TCP do not see
// (Multipath TCP, SMC and SCTP reach the same services) and families that only
// serve to attack a kernel. Ports alone would be a fence with a gate beside it.
func (r *Report) filterSockets() {
	if err := filterSockets(); err != nil {
		r.lack(Confined, "protocols beside TCP are not restricted: "+err.Error())
	}
}

func filterSockets() error {
	program, err := socketFilter()
	if err != nil {
		return err
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	// Thread-wide and only good together with no_new_privs, which is set by now.
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&filter)), 0, 0); err != nil {
		return fmt.Errorf("set socket filter: %w", err)
	}
	return nil
}

// socketFilter returns the program for this processor. Each refusal is what a
// kernel without the thing would answer, so that programs fall back.
func socketFilter() ([]unix.SockFilter, error) {
	arch, ok := map[string]uint32{
		"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64, "arm": unix.AUDIT_ARCH_ARM,
		"riscv64": unix.AUDIT_ARCH_RISCV64, "loong64": unix.AUDIT_ARCH_LOONGARCH64,
	}[runtime.GOARCH]
	if !ok {
		return nil, errUnknownProcessor
	}
	allow, refuse := answer(unix.SECCOMP_RET_ALLOW), func(errno uint32) unix.SockFilter {
		return answer(unix.SECCOMP_RET_ERRNO | errno)
	}
	program := []unix.SockFilter{
		load(offsetArch), equal(arch, 1, 0), refuse(uint32(unix.ENOSYS)),
		load(offsetCall),
	}
	if runtime.GOARCH == "amd64" {
		program = append(program, below(x32Bit, 1), refuse(uint32(unix.ENOSYS)))
	}
	program = append(program,
		equal(unix.SYS_IO_URING_SETUP, 0, 1), refuse(uint32(unix.ENOSYS)), // makes sockets without the call
		equal(unix.SYS_SOCKET, 1, 0), allow,
		load(offsetFamily))
	families := []uint32{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK}
	for i, family := range families {
		program = append(program, equal(family, uint8(len(families)-i), 0))
	}
	program = append(program, refuse(uint32(unix.EAFNOSUPPORT)), load(offsetProtocol))
	protocols := []uint32{unix.IPPROTO_MPTCP, unix.IPPROTO_SCTP, unix.IPPROTO_SMC}
	for i, protocol := range protocols {
		program = append(program, equal(protocol, uint8(len(protocols)-i), 0))
	}
	return append(program, allow, refuse(uint32(unix.EPROTONOSUPPORT))), nil
}

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

// equal jumps over so many instructions if the loaded value is the given one, or over so many otherwise.
func equal(value uint32, then, otherwise uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: then, Jf: otherwise, K: value}
}

// below jumps over so many instructions if the loaded value is less.
func below(limit uint32, over uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, Jf: over, K: limit}
}

func answer(action uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
}
