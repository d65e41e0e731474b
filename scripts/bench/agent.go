package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// measureAgent lets the real agent report this machine to a hub at its default
// interval and measures what it takes.
func measureAgent(ctx context.Context, bin string, s settings) ([]Result, error) {
	hub, err := startHub(ctx, bin)
	if err != nil {
		return nil, err
	}
	defer hub.stop()
	state, err := os.MkdirTemp("", "pulse-bench-agent")
	if err != nil {
		return nil, fmt.Errorf("make folder of agent: %w", err)
	}
	defer func() { _ = os.RemoveAll(state) }() // it is in the folder for temporary files
	command := exec.CommandContext(ctx, filepath.Join(bin, "pulse-agent"),
		"--url", hub.url, "--token", token, "--interval", "30s", "--enable-docker=false", "--disable-auto-update", "--state-dir", state)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start agent: %w", err)
	}
	agent := &process{command: command}
	defer agent.stop()

	// The start itself (linking, first sample) is not what the machine pays for every minute.
	time.Sleep(5 * time.Second)
	before, err := agent.cpu()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Duration(s.agent) * time.Second):
	}
	after, err := agent.cpu()
	if err != nil {
		return nil, err
	}
	resident, err := agent.resident()
	if err != nil {
		return nil, err
	}
	return []Result{
		Result{Name: "agent every 30 s, resident", Value: resident, Unit: "MB"}.atMost(18),
		Result{Name: "agent every 30 s, CPU", Value: (after - before).Seconds() / time.Since(begin).Minutes(), Unit: "s/min"}.atMost(0.03),
	}, nil
}
