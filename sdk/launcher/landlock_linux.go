package launcher

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What each version of Landlock added, see landlock(7) and
// https://docs.kernel.org/userspace-api/landlock.html.
const (
	abiRefer    = 2
	abiTruncate = 3
	abiTCP      = 4
	abiIoctl    = 5
	abiScopes   = 6
	abiUnix     = 9
)

const (
	readRights = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	runRights  = unix.LANDLOCK_ACCESS_FS_EXECUTE | readRights
	// writeRights is everything but running, devices and control of devices.
	writeRights = readRights | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM | unix.LANDLOCK_ACCESS_FS_REFER |
		unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX
	// fileRights are those a rule about anything but a folder may have.
	fileRights = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
		unix.LANDLOCK_ACCESS_FS_IOCTL_DEV | unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX
)

const ruleNetPort = 2 // LANDLOCK_RULE_NET_PORT

// portRule is struct landlock_net_port_attr.
type portRule struct {
	access uint64
	port   uint64
}

// fence is a Landlock ruleset that is not in force yet.
type fence struct {
	ruleset int
	handled unix.LandlockRulesetAttr
}

// LandlockABI returns the version of the running kernel's Landlock, 0 if it
// has none or none is switched on.
func LandlockABI() int {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(abi)
}

// buildFence makes the rules, while all that they name can still be opened. It
// notes what the kernel's Landlock cannot do. Without any there is no fence.
func (r *Report) buildFence(spec *Spec) (*fence, error) {
	if spec.Level < Confined {
		return nil, nil
	}
	r.LandlockABI = LandlockABI()
	r.judge(spec.Access)
	if r.LandlockABI == 0 {
		return nil, nil
	}
	f := &fence{handled: handledBy(r.LandlockABI, spec.Access.AnyPort)}
	ruleset, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET,
		uintptr(unsafe.Pointer(&f.handled)), attributeSize(r.LandlockABI), 0)
	if errno != 0 {
		return nil, fmt.Errorf("make Landlock rules: %w", errno)
	}
	f.ruleset = int(ruleset)
	unix.CloseOnExec(f.ruleset)
	return f, f.addRules(spec)
}

// judge notes what the version of Landlock leaves open.
func (r *Report) judge(access *Access) {
	abi := r.LandlockABI
	version := "Landlock ABI " + strconv.Itoa(abi)
	if abi == 0 {
		r.lack(Confined, "files, programs, ports and signals are not restricted: the kernel has no Landlock switched on")
		return
	}
	if abi < abiTruncate {
		r.lack(Confined, "files that cannot be written can be emptied: "+version+", 3 is needed")
	}
	if abi < abiTCP && !access.AnyPort {
		r.lack(Confined, "TCP ports are not restricted: "+version+", 4 is needed")
	}
	if abi < abiScopes {
		r.lack(Confined, "signals and abstract sockets are not restricted: "+version+", 6 is needed")
	}
	if abi < abiUnix {
		r.Open = append(r.Open, "other programs' Unix sockets can be connected to where file permissions allow it: "+
			version+", 9 is needed")
	}
	r.Open = append(r.Open, "UDP is not restricted")
}

// handledBy returns what is forbidden unless a rule allows it: all that this version knows of.
func handledBy(abi int, anyPort bool) unix.LandlockRulesetAttr {
	rights := uint64(runRights | writeRights | unix.LANDLOCK_ACCESS_FS_MAKE_CHAR |
		unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV)
	for _, added := range []struct {
		abi   int
		right uint64
	}{
		{abiRefer, unix.LANDLOCK_ACCESS_FS_REFER},
		{abiTruncate, unix.LANDLOCK_ACCESS_FS_TRUNCATE},
		{abiIoctl, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV},
		{abiUnix, unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX},
	} {
		if abi < added.abi {
			rights &^= added.right
		}
	}
	handled := unix.LandlockRulesetAttr{Handled_access_fs: rights}
	if abi >= abiTCP && !anyPort {
		handled.Handled_access_net = unix.LANDLOCK_ACCESS_NET_CONNECT_TCP | unix.LANDLOCK_ACCESS_NET_BIND_TCP
	}
	if abi >= abiScopes {
		handled.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	return handled
}

// attributeSize is how much of the attributes this version knows of.
func attributeSize(abi int) uintptr {
	var attr unix.LandlockRulesetAttr
	switch {
	case abi >= abiScopes:
		return unsafe.Offsetof(attr.Quiet_access_fs)
	case abi >= abiTCP:
		return unsafe.Offsetof(attr.Scoped)
	default:
		return unsafe.Offsetof(attr.Handled_access_net)
	}
}

func (f *fence) addRules(spec *Spec) error {
	if spec.Path == "" {
		if err := f.allow(ExecutableFD, runRights); err != nil {
			return fmt.Errorf("allow the executable: %w", err)
		}
	} else if err := f.allowPath(spec.Path, runRights); err != nil {
		return err
	}
	for _, group := range []struct {
		paths    []string
		rights   uint64
		optional bool
	}{
		{spec.Access.Read, readRights, true},
		{spec.Access.Execute, runRights, true},
		{spec.Access.Write, writeRights, false},
	} {
		for _, path := range group.paths {
			err := f.allowPath(path, group.rights)
			if err == nil || group.optional && absent(err) {
				continue
			}
			return err
		}
	}
	for _, port := range spec.Access.ConnectPorts {
		if err := f.allowPort(port); err != nil {
			return err
		}
	}
	return nil
}

// absent tells whether what an optional rule is about cannot be had by this
// user anyway, so that the rule would allow nothing.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.ENOTDIR)
}

func (f *fence) allowPath(path string, rights uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("allow access: %w", &os.PathError{Op: "open", Path: path, Err: err})
	}
	defer unix.Close(fd)
	if err := f.allow(fd, rights); err != nil {
		return fmt.Errorf("allow access to %s: %w", path, err)
	}
	return nil
}

func (f *fence) allow(fd int, rights uint64) error {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= fileRights
	}
	rule := unix.LandlockPathBeneathAttr{
		Allowed_access: rights & f.handled.Handled_access_fs,
		Parent_fd:      int32(fd),
	}
	return f.add(unix.LANDLOCK_RULE_PATH_BENEATH, unsafe.Pointer(&rule))
}

func (f *fence) allowPort(port uint16) error {
	if f.handled.Handled_access_net == 0 {
		return nil
	}
	rule := portRule{access: unix.LANDLOCK_ACCESS_NET_CONNECT_TCP, port: uint64(port)}
	if err := f.add(ruleNetPort, unsafe.Pointer(&rule)); err != nil {
		return fmt.Errorf("allow port %d: %w", port, err)
	}
	return nil
}

func (f *fence) add(kind uintptr, rule unsafe.Pointer) error {
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(f.ruleset), kind, uintptr(rule), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// enforce puts the fence around the calling thread and all that it becomes and starts.
func (r *Report) enforce(f *fence) {
	if f == nil {
		return
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(f.ruleset), 0, 0); errno != 0 {
		r.LandlockABI = 0
		r.lack(Confined, "files, programs, ports and signals are not restricted: "+errno.Error())
	}
}
