package hostsvc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
)

// Words for programs, in the Fault that goes with a refusal.
const (
	codeNotGranted = "not-granted" // the operator has not granted it
	codeInvalid    = "invalid"     // a field of the request
	codeConflict   = "conflict"    // the entry has another revision
	codeQuota      = "quota"       // the plugin keeps too much
)

// errTimeout is the cause for which a call of a plugin ends.
var errTimeout = errors.New("time for a call to the hub passed")

// refusal is an error that the plugin is told as it is. The Fault that goes
// with it keeps a refusal by the hub from being taken for one by the system
// that the plugin looks at.
type refusal struct {
	code  codes.Code
	fault *pluginv1.Fault
	text  string
}

// Error returns what the plugin is told.
func (r *refusal) Error() string { return r.text }

// GRPCStatus is how grpc-go sends it.
func (r *refusal) GRPCStatus() *status.Status {
	plain := status.New(r.code, r.text)
	detailed, err := plain.WithDetails(r.fault)
	if err != nil { // better told without the detail than not at all
		return plain
	}
	return detailed
}

// errNoInstance is the same for an instance of another plugin and for none.
var errNoInstance = &refusal{
	code:  codes.NotFound,
	fault: &pluginv1.Fault{Origin: pluginv1.Origin_ORIGIN_PLUGIN, Code: fault.CodeNotFound},
	text:  "no such instance",
}

func notGranted(need string) error {
	return &refusal{
		code:  codes.PermissionDenied,
		fault: &pluginv1.Fault{Origin: pluginv1.Origin_ORIGIN_CALLER, Code: codeNotGranted},
		text:  fmt.Sprintf("the plugin is not granted the host service %q", need),
	}
}

// invalid says what is wrong with a field; it never repeats the value.
func invalid(field, format string, args ...any) error {
	return &refusal{
		code:  codes.InvalidArgument,
		fault: &pluginv1.Fault{Origin: pluginv1.Origin_ORIGIN_PLUGIN, Code: codeInvalid},
		text:  field + ": " + fmt.Sprintf(format, args...),
	}
}

func conflict() error {
	return &refusal{
		code:  codes.Aborted,
		fault: &pluginv1.Fault{Origin: pluginv1.Origin_ORIGIN_PLUGIN, Code: codeConflict, Transient: true},
		text:  "the entry does not have that revision any more",
	}
}

func overQuota() error {
	return &refusal{
		code:  codes.ResourceExhausted,
		fault: &pluginv1.Fault{Origin: pluginv1.Origin_ORIGIN_PLUGIN, Code: codeQuota},
		text:  fmt.Sprintf("the plugin keeps more than %d keys or %d bytes", MaxKeys, MaxTotalBytes),
	}
}

func tooMany(what string) error {
	return &refusal{
		code: codes.ResourceExhausted,
		fault: &pluginv1.Fault{
			Origin: pluginv1.Origin_ORIGIN_PLUGIN, Code: fault.CodeRateLimited, Transient: true, RetryAfter: durationpb.New(time.Second),
		},
		text: "too many " + what + " at once",
	}
}

// unavailable stands for an error of the hub, of which the plugin learns nothing more.
func unavailable(code codes.Code, text string) error {
	return &refusal{code: code, fault: &pluginv1.Fault{Transient: true}, text: text}
}

// told returns the error that the plugin is told, and whether it is one of the hub's own.
func told(ctx context.Context, err error) (answer error, hubs bool) {
	if refused, ok := errors.AsType[*refusal](err); ok {
		return refused, false
	}
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		return unavailable(codes.DeadlineExceeded, "the hub is too busy"), true
	case ctx.Err() != nil:
		return status.FromContextError(ctx.Err()).Err(), false
	}
	return unavailable(codes.Unavailable, "the hub cannot do this now"), true
}
