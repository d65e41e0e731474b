package devhub

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/cli/project"
)

// stopLimit is how long the hub may take to end before it is killed.
const stopLimit = 20 * time.Second

// hubProcess is the hub that was started.
type hubProcess struct {
	command *exec.Cmd
	page    string
}

// startHub starts the hub, which is told to end when the context is done.
func (s *session) startHub(ctx context.Context, plugin *project.Runnable) (*hubProcess, error) {
	port := s.Port
	if port == 0 {
		var err error
		if port, err = freePort(ctx); err != nil {
			return nil, err
		}
	}
	token := "dev-" + rand.Text()
	command := exec.CommandContext(ctx, s.Program, "--dev", "--data-dir", s.DataDir, "--bind-address", "127.0.0.1",
		"--port", strconv.Itoa(port), "--metrics-address", "off")
	command.Env = append(append([]string{}, s.Environ...), "PULSE_PLUGIN_DEV="+s.id+"="+s.folder, "API_TOKENS="+token, "PULSE_ADMIN_SOCKET=")
	if name := plugin.Interpreter; name != "" {
		command.Env = append(command.Env, "PULSE_PLUGIN_RUNTIMES="+name+"="+plugin.Command[0])
	}
	command.Stdout, command.Stderr = s.Out, s.Out
	command.WaitDelay = stopLimit
	endGently(command)
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start hub %s: %w", filepath.Base(s.Program), err)
	}
	return &hubProcess{command: command, page: fmt.Sprintf("http://localhost:%d/#token=%s", port, token)}, nil
}

// wait returns when the hub has ended.
func (h *hubProcess) wait() error { return h.command.Wait() }

// freePort finds a port that nobody listens on at the moment.
func freePort(ctx context.Context) (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
