//go:build linux

package start_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/faultplugin"
	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/start"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Variables that tell the hub what to do.
const (
	levelVariable   = "PULSE_START_TEST_LEVEL"
	folderVariable  = "PULSE_START_TEST_FOLDER"
	socketsVariable = "PULSE_START_TEST_SOCKETS"
)

// hubProcess is a hub in a process of its own.
type hubProcess struct {
	cmd    *exec.Cmd
	plugin int // process number of its plugin
}

// startHub starts a hub whose plugin does not look whether its hub lives.
func startHub(t *testing.T, level launcher.Level) hubProcess {
	t.Helper()
	base := t.TempDir()
	sockets, err := os.MkdirTemp("/tmp", "ps")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(sockets) })
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self, asHub)
	cmd.Env = append(os.Environ(), levelVariable+"="+strconv.Itoa(int(level)), folderVariable+"="+base, socketsVariable+"="+sockets)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	must(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	must(t, err)
	return hubProcess{cmd: cmd, plugin: pid}
}

// beHub starts the plugin, prints its process number, and waits to be killed.
func beHub() int {
	base := os.Getenv(folderVariable)
	level, err := strconv.Atoi(os.Getenv(levelVariable))
	if err != nil {
		return 1
	}
	l := start.New(start.Options{
		SocketBase: os.Getenv(socketsVariable), Program: program(bundleName), Passages: []string{base, filepath.Dir(base)},
		LookupEnv: os.LookupEnv, Logger: hclog.NewNullLogger(),
	})
	ctx := context.Background()
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	data := filepath.Join(base, "data")
	process, err := l.Launch(ctx, supervise.Launch{
		Plugin: supervise.Plugin{
			Manifest: &manifest.Manifest{ID: faultplugin.ID, Version: faultplugin.Version},
			Program:  native(faultyName, faultplugin.Arguments(faultplugin.Hermit)...),
			Level:    launcher.Level(level), DataDir: data, Identity: 4, Required: level > 0,
		},
		Name: faultplugin.ID, DataDir: data, Calls: &usage.Calls{},
		Journal: journal.New(journal.Options{Logger: hclog.NewNullLogger()}),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(process.Pid())
	<-ended
	return 1
}
