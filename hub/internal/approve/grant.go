package approve

import (
	"errors"
	"sync/atomic"
	"time"
)

// ErrGrant is returned for a grant that is empty, was used, or whose time is over.
var ErrGrant = errors.New("command is not granted")

// grantTime is how long a grant may be used.
const grantTime = 30 * time.Second

// Grant is the right to run one command once, soon. Only Desk.Redeem makes one
// that is worth something; copies share its one use.
type Grant struct{ use *use }

type use struct {
	command  Command
	approval string
	expires  time.Time
	now      func() time.Time
	taken    atomic.Bool
}

// Take uses the grant up and returns the command that was approved, with
// nothing left to default. The error is ErrGrant.
func (g Grant) Take() (Command, error) {
	if g.use == nil || g.use.taken.Swap(true) || !g.use.now().Before(g.use.expires) {
		return Command{}, ErrGrant
	}
	return g.use.command, nil
}

// Approval returns the id of the approval that was redeemed; empty for an empty grant.
func (g Grant) Approval() string {
	if g.use == nil {
		return ""
	}
	return g.use.approval
}
