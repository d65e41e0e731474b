package roadtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// agentOptions is how an agent is run.
type agentOptions struct {
	// dir is its state; a new folder when empty.
	dir string
	// url and token are those of its hub; token is that of the road when empty.
	url, token string
	// args are further words of the command line.
	args []string
	// socket is where it finds a container engine; empty: it does not look for one.
	socket string
}

// startAgent starts an agent in a process of its own.
func startAgent(t testing.TB, options agentOptions) *process {
	t.Helper()
	return start(t, "the agent", agentCommand(t, options))
}

func agentCommand(t testing.TB, options agentOptions, words ...string) *exec.Cmd {
	t.Helper()
	if options.dir == "" {
		options.dir = t.TempDir()
	}
	if options.token == "" {
		options.token = token
	}
	args := append(words, "--url", options.url, "--state-dir", options.dir, "--disable-auto-update")
	if options.socket == "" {
		args = append(args, "--enable-docker=false")
	}
	cmd := exec.Command(program(t, agentProgram), append(args, options.args...)...)
	config := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + options.dir, "PULSE_AGENT_CONFIG=" + config, "PULSE_TOKEN=" + options.token}
	if options.socket != "" {
		cmd.Env = append(cmd.Env, "PULSE_ENABLE_DOCKER=true", "DOCKER_HOST=unix://"+options.socket)
	}
	return cmd
}
