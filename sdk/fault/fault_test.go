package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pulse-hub/pulse/sdk/fault"
)

func TestFaultCrossesTheWire(t *testing.T) {
	for _, want := range []*fault.Error{
		{Origin: fault.OriginRemote, Code: fault.CodeAuth, Err: errors.New("refused")},
		{Origin: fault.OriginRemote, Code: fault.CodeRateLimited, Transient: true, RetryAfter: time.Minute, Err: errors.New("busy")},
		{Origin: fault.OriginCaller, Code: "own-word", Err: errors.New("wrong")},
		{Origin: fault.OriginPlugin, Code: fault.CodePanic, Err: errors.New("bug")},
	} {
		err := status.FromProto(want.GRPCStatus().Proto()).Err()
		got := fault.Of(fmt.Errorf("collect: %w", err))
		if got.Origin != want.Origin || got.Code != want.Code || got.Transient != want.Transient || got.RetryAfter != want.RetryAfter {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestOfWithoutDecision(t *testing.T) {
	for _, test := range []struct {
		err       error
		origin    fault.Origin
		code      string
		transient bool
	}{
		{errors.New("connection refused"), fault.OriginRemote, "", true},
		{context.DeadlineExceeded, fault.OriginRemote, "", true},
		{status.Error(codes.Unavailable, "x"), fault.OriginRemote, "", true},
		{status.Error(codes.Unauthenticated, "x"), fault.OriginRemote, fault.CodeAuth, false},
		{status.Error(codes.NotFound, "x"), fault.OriginCaller, fault.CodeNotFound, false},
		{status.Error(codes.Internal, "x"), fault.OriginPlugin, "", false},
		{status.Error(codes.InvalidArgument, "x"), fault.OriginCaller, "", false},
	} {
		got := fault.Of(test.err)
		if got.Origin != test.origin || got.Code != test.code || got.Transient != test.transient {
			t.Errorf("%v: got %+v", test.err, got)
		}
	}
	if fault.Of(nil) != nil {
		t.Error("no error is a fault")
	}
}

func TestOfFindsWrappedFault(t *testing.T) {
	inner := &fault.Error{Origin: fault.OriginRemote, Code: fault.CodeRejected, Err: errors.New("gone")}
	if got := fault.Of(fmt.Errorf("send: %w", inner)); got != inner {
		t.Errorf("got %+v", got)
	}
}
