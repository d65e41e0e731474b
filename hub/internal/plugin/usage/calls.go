package usage

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// maxMethods bounds how many methods are told apart; the protocol has far fewer.
const maxMethods = 64

// MethodStats is what is known of the calls of one method.
type MethodStats struct {
	// Method is "Source/Collect"; empty for all methods together.
	Method string
	// Count is the number of calls that are over, Errors that of those that
	// failed, both since the beginning. A call that the hub gave up is no failure.
	Count, Errors uint64
	// P50 and P99 are the durations that half and 99 of 100 of the last one to
	// two thousand calls stayed below, at most 9 % too high and at most 160 s.
	P50, P99 time.Duration
}

// Calls counts and times the calls to one plugin, over all its processes. The
// zero value is ready. It is safe for concurrent use and must not be copied.
type Calls struct {
	mu      sync.Mutex
	methods map[string]*methodCalls
}

type methodCalls struct {
	count, errors uint64
	durations     durations
}

// Unary returns the interceptor for calls with one answer.
func (c *Calls) Unary() grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn,
		invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		started := time.Now()
		err := invoke(ctx, method, request, reply, conn, options...)
		c.record(method, time.Since(started), err)
		return err
	}
}

// Stream returns the interceptor for calls with many answers. Such a call is
// over when its last answer was read, or when it is given up.
func (c *Calls) Stream() grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string,
		open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
		started := time.Now()
		var once sync.Once
		finish := func(err error) {
			once.Do(func() { c.record(method, time.Since(started), err) })
		}
		stream, err := open(ctx, desc, conn, method, append(options, grpc.OnFinish(finish))...)
		if err != nil {
			finish(err)
		}
		return stream, err
	}
}

// Stats returns what is known of each method, ordered by its name.
func (c *Calls) Stats() []MethodStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]MethodStats, 0, len(c.methods))
	for method, calls := range c.methods {
		list = append(list, statsOf(method, calls))
	}
	slices.SortFunc(list, func(a, b MethodStats) int { return cmp.Compare(a.Method, b.Method) })
	return list
}

// Total returns what is known of all methods together.
func (c *Calls) Total() MethodStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]*methodCalls, 0, len(c.methods))
	for _, calls := range c.methods {
		all = append(all, calls)
	}
	return statsOf("", all...)
}

func statsOf(method string, all ...*methodCalls) MethodStats {
	stats := MethodStats{Method: method}
	var sum buckets
	for _, calls := range all {
		stats.Count += calls.count
		stats.Errors += calls.errors
		calls.durations.addTo(&sum)
	}
	stats.P50, stats.P99 = sum.quantile(0.5), sum.quantile(0.99)
	return stats
}

// record notes one call. Those of go-plugin itself are not the hub's.
func (c *Calls) record(fullMethod string, took time.Duration, err error) {
	method, ours := shortName(fullMethod)
	if !ours {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	calls, ok := c.methods[method]
	if !ok {
		if len(c.methods) >= maxMethods {
			return
		}
		if c.methods == nil {
			c.methods = map[string]*methodCalls{}
		}
		calls = &methodCalls{}
		c.methods[method] = calls
	}
	calls.count++
	if err != nil && status.Code(err) != codes.Canceled {
		calls.errors++
	}
	calls.durations.add(took)
}

// shortName turns "/pulse.plugin.v1.Source/Collect" into "Source/Collect". It
// is not ours if it belongs to go-plugin's own services, of package "plugin".
func shortName(fullMethod string) (method string, ours bool) {
	name := strings.TrimPrefix(fullMethod, "/")
	service, call, _ := strings.Cut(name, "/")
	dot := strings.LastIndexByte(service, '.')
	return service[dot+1:] + "/" + call, service[:max(dot, 0)] != "plugin"
}
