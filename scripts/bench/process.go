package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const token = "bench-token-of-this-run-only"

// binaries returns the folder with the programs, built for this run unless one is given.
func binaries(ctx context.Context, given string) (string, func(), error) {
	if given != "" {
		return given, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "pulse-bench-")
	if err != nil {
		return "", nil, fmt.Errorf("make folder: %w", err)
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", dir,
		"./hub/cmd/pulse", "./agent/cmd/pulse-agent", "./plugins/cmd/pulse-plugins")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", nil, fmt.Errorf("build: %w", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// process is a program under measurement.
type process struct {
	command *exec.Cmd
	url     string
	started time.Time
	dir     string
}

// startHub starts a hub with an empty data folder and waits until it is healthy.
func startHub(ctx context.Context, bin string) (*process, error) {
	dir, err := os.MkdirTemp("", "pulse-bench-data-")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, filepath.Join(bin, "pulse"))
	command.Env = append(os.Environ(), "PULSE_DATA_DIR="+dir, "PORT="+port, "BIND_ADDRESS=127.0.0.1", "API_TOKENS="+token, "PULSE_METRICS_ADDRESS=", "LOG_LEVEL=warn")
	p := &process{command: command, url: "http://127.0.0.1:" + port, dir: dir}
	return p, p.start(ctx)
}

// startBare starts this program as the bare handler.
func startBare(ctx context.Context) (*process, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	p := &process{command: exec.CommandContext(ctx, self, bareRole, "127.0.0.1:"+port), url: "http://127.0.0.1:" + port}
	return p, p.start(ctx)
}

func (p *process) start(ctx context.Context) error {
	p.command.Stderr = os.Stderr
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.started = time.Now()
	if err := p.command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.command.Path, err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		if p.healthy(ctx) {
			return nil
		}
		time.Sleep(2 * time.Millisecond)
	}
	p.stop()
	return fmt.Errorf("%s is not healthy after 10 s", filepath.Base(p.command.Path))
}

func (p *process) healthy(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/api/health", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return err == nil && answer.StatusCode == http.StatusOK && bytes.Contains(body, []byte(`"healthy"`))
}

func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(5*time.Second, func() { _ = p.command.Process.Kill() })
	_ = p.command.Wait()
	kill.Stop()
	if p.dir != "" {
		_ = os.RemoveAll(p.dir)
	}
}

// cpu returns the CPU time of the process so far, its children aside.
func (p *process) cpu() (time.Duration, error) { return cpuOf(p.command.Process.Pid) }

func cpuOf(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read process state: %w", err)
	}
	// The second field is the program's name in brackets and may hold spaces.
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest)
	const userTime, systemTime, ticksPerSecond = 11, 12, 100
	if len(fields) <= systemTime {
		return 0, fmt.Errorf("process state has %d fields", len(fields))
	}
	user, err1 := strconv.Atoi(fields[userTime])
	system, err2 := strconv.Atoi(fields[systemTime])
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("process state is not numeric")
	}
	return time.Duration(user+system) * time.Second / ticksPerSecond, nil
}

// resident returns the resident memory in megabytes (10^6 bytes).
func (p *process) resident() (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read process state: %w", err)
	}
	_, rest, _ := strings.Cut(string(raw), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, fmt.Errorf("process state has no VmRSS")
	}
	kilobytes, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return 0, fmt.Errorf("read VmRSS: %w", err)
	}
	return kilobytes * 1024 / 1e6, nil
}

func freePort(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}
