// Package fault is the error that crosses the plugin boundary with a decision
// attached: whose it is and whether trying again can help.
package fault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// Origin is whose an error is.
type Origin uint8

// The origins. The zero value is OriginUnknown.
const (
	OriginUnknown Origin = iota
	OriginPlugin         // the plugin itself
	OriginRemote         // the system the plugin talks to
	OriginCaller         // whoever configured or asked
)

// The codes that both sides know. A plugin may use others.
const (
	CodeAuth        = "auth-failed"  // the remote system refuses the credentials
	CodeRejected    = "rejected"     // the remote system refuses for good
	CodeRateLimited = "rate-limited" // the remote system asks to wait
	CodePanic       = "panic"        // a bug in the plugin
	CodeNotFound    = "not-found"    // no such instance, dataset, resource or action
)

// Error is an error with its decision. Only Err is shown to people; it must not hold a secret.
type Error struct {
	Origin Origin
	// Code is a word for programs.
	Code string
	// Transient says that trying again can help.
	Transient bool
	// RetryAfter is the least time to wait before the next try; 0 leaves it to the caller.
	RetryAfter time.Duration
	// Err is the cause; never nil.
	Err error
}

// Error returns the text of the cause.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// GRPCStatus returns the error as a gRPC status with the decision as a detail,
// which is how grpc-go sends it.
func (e *Error) GRPCStatus() *status.Status {
	plain := status.New(e.grpcCode(), e.Error())
	detail := &pluginv1.Fault{Origin: pluginv1.Origin(e.Origin), Code: e.Code, Transient: e.Transient}
	if e.RetryAfter > 0 {
		detail.RetryAfter = durationpb.New(e.RetryAfter)
	}
	detailed, err := plain.WithDetails(detail)
	if err != nil { // the text is not valid UTF-8, say: better told without the detail than not at all
		return plain
	}
	return detailed
}

func (e *Error) grpcCode() codes.Code {
	switch {
	case e.Code == CodeAuth:
		return codes.Unauthenticated
	case e.Code == CodeNotFound:
		return codes.NotFound
	case e.Code == CodePanic:
		return codes.Internal
	case e.Transient:
		return codes.Unavailable
	case e.Code == CodeRejected:
		return codes.FailedPrecondition
	case e.Origin == OriginCaller:
		return codes.InvalidArgument
	}
	return codes.Unknown
}

// Newf returns an Error of this origin and code; the format is that of fmt.Errorf.
func Newf(origin Origin, code, format string, args ...any) *Error {
	return &Error{Origin: origin, Code: code, Err: fmt.Errorf(format, args...)}
}

// Of returns the decision that comes with an error, be it an *Error of this
// process or a gRPC status from the other side. An error without a decision
// is judged by its gRPC code; one without a code counts as the remote
// system's and transient, because most of what fails in a plugin is the
// network. Of(nil) is nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	if own, ok := errors.AsType[*Error](err); ok {
		return own
	}
	received, ok := status.FromError(err)
	if !ok {
		return &Error{Origin: OriginRemote, Transient: true, Err: err}
	}
	for _, detail := range received.Details() {
		if p, ok := detail.(*pluginv1.Fault); ok {
			return fromMessage(p, received.Message())
		}
	}
	return byCode(received, err)
}

func fromMessage(p *pluginv1.Fault, text string) *Error {
	fault := &Error{Code: p.GetCode(), Transient: p.GetTransient(), Err: errors.New(text)}
	if p.GetOrigin() <= pluginv1.Origin_ORIGIN_CALLER && p.GetOrigin() > 0 {
		fault.Origin = Origin(p.GetOrigin())
	}
	if p.GetRetryAfter().IsValid() {
		fault.RetryAfter = max(p.GetRetryAfter().AsDuration(), 0)
	}
	return fault
}

func byCode(received *status.Status, err error) *Error {
	switch received.Code() {
	case codes.Internal, codes.Unimplemented, codes.DataLoss:
		return &Error{Origin: OriginPlugin, Err: err}
	case codes.InvalidArgument:
		return &Error{Origin: OriginCaller, Err: err}
	case codes.NotFound:
		return &Error{Origin: OriginCaller, Code: CodeNotFound, Err: err}
	case codes.Unauthenticated, codes.PermissionDenied:
		return &Error{Origin: OriginRemote, Code: CodeAuth, Err: err}
	case codes.Canceled:
		return &Error{Origin: OriginCaller, Transient: true, Err: context.Canceled}
	}
	return &Error{Origin: OriginRemote, Transient: true, Err: err}
}
