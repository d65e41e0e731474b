package runner

import (
	"fmt"
	"os"
)

// pipe is one of the standard streams: the child's end and the hub's.
type pipe struct{ child, hub *os.File }

type pipes struct{ stdin, stdout, stderr pipe }

func openPipes() (*pipes, error) {
	var p pipes
	var err error
	if p.stdin.child, p.stdin.hub, err = os.Pipe(); err != nil {
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	if p.stdout.hub, p.stdout.child, err = os.Pipe(); err != nil {
		p.closeAll()
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	if p.stderr.hub, p.stderr.child, err = os.Pipe(); err != nil {
		p.closeAll()
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	return &p, nil
}

func (p *pipes) closeAll() {
	p.closeChildEnds()
	p.closeHubEnds()
}

// Closing a nil file only gives an error, and none of these errors matters:
// nothing was written that could be lost.

func (p *pipes) closeChildEnds() {
	_ = p.stdin.child.Close()
	_ = p.stdout.child.Close()
	_ = p.stderr.child.Close()
}

func (p *pipes) closeHubEnds() {
	_ = p.stdin.hub.Close()
	_ = p.stdout.hub.Close()
	_ = p.stderr.hub.Close()
}
