package usage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// unary makes one call that takes so long and ends with the error.
func unary(t *testing.T, calls *Calls, method string, took time.Duration, result error) {
	t.Helper()
	invoke := func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error {
		time.Sleep(took)
		return result
	}
	if err := calls.Unary()(t.Context(), method, nil, nil, nil, invoke); !errors.Is(err, result) {
		t.Fatalf("got %v, want %v", err, result)
	}
}

func TestCallsAreCountedAndTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls Calls
		for i := range 100 {
			took := time.Millisecond
			if i >= 90 {
				took = time.Second
			}
			unary(t, &calls, "/pulse.plugin.v1.Plugin/Configure", took, nil)
		}
		unary(t, &calls, "/pulse.plugin.v1.Plugin/Health", 0, status.Error(codes.Internal, "no"))
		unary(t, &calls, "/pulse.plugin.v1.Plugin/Health", 0, status.Error(codes.Canceled, "no matter"))
		unary(t, &calls, "/plugin.GRPCController/Shutdown", time.Hour, nil)

		stats := calls.Stats()
		if len(stats) != 2 || stats[0].Method != "Plugin/Configure" || stats[1].Method != "Plugin/Health" {
			t.Fatalf("got %+v", stats)
		}
		if stats[0].Count != 100 || stats[0].Errors != 0 || stats[1].Count != 2 || stats[1].Errors != 1 {
			t.Errorf("counted %+v", stats)
		}
		wantAbout(t, "p50", stats[0].P50, time.Millisecond)
		wantAbout(t, "p99", stats[0].P99, time.Second)
		total := calls.Total()
		if total.Method != "" || total.Count != 102 || total.Errors != 1 {
			t.Errorf("total %+v", total)
		}
		wantAbout(t, "p50 of all", total.P50, time.Millisecond)
	})
}

// wantAbout allows what the buckets do not tell apart.
func wantAbout(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if got < want || float64(got) > 1.1*float64(want) {
		t.Errorf("%s is %v, want %v to 10 %% more", what, got, want)
	}
}

func TestNoCalls(t *testing.T) {
	var calls Calls
	if got := calls.Total(); got != (MethodStats{}) || len(calls.Stats()) != 0 {
		t.Errorf("got %+v, %+v", got, calls.Stats())
	}
}

func TestOldCallsAreForgotten(t *testing.T) {
	var d durations
	for range 3 * windowCalls {
		d.add(time.Second)
	}
	for range 2 * windowCalls {
		d.add(time.Millisecond)
	}
	var sum buckets
	d.addTo(&sum)
	wantAbout(t, "p99", sum.quantile(0.99), time.Millisecond)
}

func TestDurationsBeyondTheBuckets(t *testing.T) {
	for _, took := range []time.Duration{-time.Second, 0, shortest, time.Hour, 1 << 62} {
		var b buckets
		b[bucketOf(took)]++
		if got := b.quantile(1); got < shortest || got > 4*time.Minute {
			t.Errorf("%v is taken for %v", took, got)
		}
	}
}

func TestMethodsAreBounded(t *testing.T) {
	var calls Calls
	for i := range 2 * maxMethods {
		calls.record(fmt.Sprintf("/pulse.plugin.v1.Plugin/M%d", i), time.Second, nil)
	}
	if got := len(calls.Stats()); got != maxMethods {
		t.Errorf("%d methods are told apart, want %d", got, maxMethods)
	}
}

// source answers with as many chunks as the instance's id is long.
type source struct {
	pluginv1.UnimplementedSourceServer
}

// Collect sends chunks, and waits for the end of the call if the dataset is "endless".
func (source) Collect(request *pluginv1.CollectRequest, stream grpc.ServerStreamingServer[pluginv1.CollectChunk]) error {
	for range len(request.GetInstanceId()) {
		if err := stream.Send(&pluginv1.CollectChunk{}); err != nil {
			return err
		}
	}
	switch request.GetDataset() {
	case "endless":
		<-stream.Context().Done()
	case "failing":
		return status.Error(codes.Internal, "no")
	}
	return nil
}

// client returns a client whose calls are counted.
func client(t *testing.T, calls *Calls) pluginv1.SourceClient {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	pluginv1.RegisterSourceServer(server, source{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///test",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithChainUnaryInterceptor(calls.Unary()), grpc.WithChainStreamInterceptor(calls.Stream()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		server.Stop()
		<-served
	})
	return pluginv1.NewSourceClient(conn)
}

func TestStreamsAreCountedOnceHoweverTheyEnd(t *testing.T) {
	for _, c := range []struct {
		dataset string
		errors  uint64
	}{{"ending", 0}, {"failing", 1}, {"endless", 0}} {
		t.Run(c.dataset, func(t *testing.T) {
			var calls Calls
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			stream, err := client(t, &calls).Collect(ctx, &pluginv1.CollectRequest{InstanceId: "xx", Dataset: c.dataset})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := stream.Recv(); err != nil {
					t.Fatal(err)
				}
			}
			if c.dataset == "endless" {
				cancel()
			}
			if _, err := stream.Recv(); err == nil {
				t.Fatal("the stream does not end")
			}
			_, _ = stream.Recv() // once more does not count
			got := calls.Stats()
			if len(got) != 1 || got[0].Method != "Source/Collect" || got[0].Count != 1 || got[0].Errors != c.errors {
				t.Errorf("got %+v, want one call and %d errors", got, c.errors)
			}
		})
	}
}

func BenchmarkRecord(b *testing.B) {
	var calls Calls
	b.ReportAllocs()
	for b.Loop() {
		calls.record("/pulse.plugin.v1.Plugin/Configure", 3*time.Millisecond, nil)
	}
}
