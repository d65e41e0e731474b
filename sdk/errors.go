package sdk

import (
	"errors"
	"time"

	"github.com/pulse-hub/pulse/sdk/fault"
)

// Reject says that the other side refuses for good: the hub does not try again.
func Reject(err error) error {
	return &fault.Error{Origin: fault.OriginRemote, Code: fault.CodeRejected, Err: err}
}

// RetryAfter says that trying again can help, but not before the time is over.
func RetryAfter(wait time.Duration, err error) error {
	return &fault.Error{
		Origin: fault.OriginRemote, Code: fault.CodeRateLimited, Transient: true, RetryAfter: wait, Err: err,
	}
}

// AuthFailed says that the other side refuses the credentials. The hub shows
// it at the instance and tries again slowly.
func AuthFailed(err error) error {
	return &fault.Error{Origin: fault.OriginRemote, Code: fault.CodeAuth, Err: err}
}

// ErrNoHost says that no hub is there to answer: the plugin runs stand-alone,
// or the hub offers nothing.
var ErrNoHost = errors.New("no hub to ask")

func notFound(format string, args ...any) error {
	return fault.Newf(fault.OriginCaller, fault.CodeNotFound, format, args...)
}
