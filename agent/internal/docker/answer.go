package docker

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

// removedCode and removedText are how a hub says that it has been told to forget this machine, for good.
const (
	removedCode = "invalid_report"
	removedText = "was removed"
)

// Hear takes the commands out of the first hub's answers. It returns module.ErrEnded after a hub has said that the machine
// was removed.
func (m *Module) Hear(answer module.Answer) error {
	if !answer.Accepted() {
		return refused(answer)
	}
	if answer.Target != 0 {
		return nil
	}
	var said report.DockerAnswer
	if err := json.Unmarshal(answer.Body, &said); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	m.commands.Hear(said.HostID, said.Commands)
	return nil
}

func refused(answer module.Answer) error {
	var said report.ErrorAnswer
	if json.Unmarshal(answer.Body, &said) != nil {
		return nil // the sender tells of the status
	}
	if said.Code == removedCode && strings.Contains(said.Error, removedText) {
		return fmt.Errorf("the hub has removed this machine: %w", module.ErrEnded)
	}
	return nil
}
