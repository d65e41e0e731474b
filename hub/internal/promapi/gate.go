package promapi

import (
	"context"
	"errors"
)

// errCrowded is returned when too many queries wait already.
var errCrowded = errors.New("too many queries at a time")

// A gate lets a number of queries run at a time and a number wait. It is safe for concurrent use.
type gate struct {
	running chan struct{} // has a token for each query that runs
	present chan struct{} // has one for each that runs or waits
}

func newGate(running, waiting int) *gate {
	return &gate{running: make(chan struct{}, running), present: make(chan struct{}, running+waiting)}
}

// enter waits for a turn and returns what ends it. It fails at once with errCrowded when nobody else may wait, and with
// the error of ctx when that ends first.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.present <- struct{}{}:
	default:
		return nil, errCrowded
	}
	select {
	case g.running <- struct{}{}:
		return func() { <-g.running; <-g.present }, nil
	case <-ctx.Done():
		<-g.present
		return nil, ctx.Err()
	}
}
