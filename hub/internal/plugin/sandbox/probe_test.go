//go:build linux

package sandbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pulse-hub/pulse/sdk/launcher"
)

// The test binary is also the launcher, and every kind of plugin.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case launcher.Argument:
			os.Exit(launcher.Main())
		case "try":
			os.Exit(tryAll(os.Args[2]))
		case "grandchild":
			os.Exit(tryInGrandchild(os.Args[2]))
		case "allocate":
			os.Exit(allocate(os.Args[2]))
		case "linger":
			os.Exit(linger())
		case "start-and-linger":
			os.Exit(startAndLinger(os.Args[2:]))
		case "exit":
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// linger says that it is there and then waits for a signal. An empty select
// would not do: Go's runtime may take it for a deadlock and end the process.
func linger() int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	fmt.Println("here")
	<-signals
	return 0
}

// attempt is one thing that a plugin tries: what, and with what.
type attempt struct{ What, With string }

// tryAll makes the attempts and prints an error text for each, empty if it succeeded.
func tryAll(attempts string) int {
	var list []attempt
	if err := json.Unmarshal([]byte(attempts), &list); err != nil {
		return 1
	}
	results := make([]string, len(list))
	for i, a := range list {
		if err := a.try(); err != nil {
			results[i] = err.Error()
		}
	}
	if json.NewEncoder(os.Stdout).Encode(results) != nil {
		return 1
	}
	return 0
}

func (a attempt) try() error {
	switch a.What {
	case "read":
		_, err := os.ReadFile(a.With)
		return err
	case "list":
		_, err := os.ReadDir(a.With)
		return err
	case "write":
		return os.WriteFile(a.With, []byte("x"), 0o600)
	case "truncate":
		return os.Truncate(a.With, 0)
	case "run":
		return exec.Command(a.With).Run()
	case "connect":
		return connect("tcp", "127.0.0.1:"+a.With)
	case "connect unix":
		return connect("unix", a.With)
	case "connect abstract":
		return connect("unix", "@"+a.With)
	case "connect mptcp":
		return connectMPTCP(a.With)
	case "listen":
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			listener.Close()
		}
		return err
	case "signal":
		pid, _ := strconv.Atoi(a.With)
		return syscall.Kill(pid, 0)
	case "be root":
		return syscall.Setresuid(0, 0, 0)
	case "be in group":
		return beInGroup(a.With)
	case "give": // and take back
		return errors.Join(os.Chown(a.With, nobody, -1), os.Chown(a.With, os.Getuid(), -1))
	case "mount":
		if err := syscall.Mount("none", a.With, "tmpfs", 0, ""); err != nil {
			return err
		}
		return syscall.Unmount(a.With, 0)
	case "open files":
		return openFiles(a.With)
	case "raw socket":
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
		if err == nil {
			unix.Close(fd)
		}
		return err
	}
	return fmt.Errorf("unknown attempt %q", a.What)
}

func connect(network, address string) error {
	conn, err := net.Dial(network, address)
	if err == nil {
		conn.Close()
	}
	return err
}

func connectMPTCP(port string) error {
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Connect(fd, &unix.SockaddrInet4{Port: number, Addr: [4]byte{127, 0, 0, 1}})
}

// openFiles opens so many at once.
func openFiles(count string) error {
	number, err := strconv.Atoi(count)
	for range number {
		var file *os.File
		if file, err = os.Open("/dev/null"); err != nil {
			return err
		}
		defer file.Close()
	}
	return err
}

func beInGroup(group string) error {
	groups, err := os.Getgroups()
	if err != nil {
		return err
	}
	for _, mine := range groups {
		if strconv.Itoa(mine) == group {
			return nil
		}
	}
	return fmt.Errorf("only in groups %v", groups)
}

// tryInGrandchild runs the plugin's own executable once more, in a session of its own.
func tryInGrandchild(attempts string) int {
	cmd := exec.Command("/proc/self/exe", "try", attempts)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// allocate fills so many MiB.
func allocate(mebibytes string) int {
	number, err := strconv.Atoi(mebibytes)
	if err != nil {
		return 1
	}
	block := make([]byte, number<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	fmt.Println(len(block))
	return 0
}
