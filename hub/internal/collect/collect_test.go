package collect_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func TestPollsAtItsInterval(t *testing.T) {
	inBubble(t, &fakeCaller{took: 3 * time.Second}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(10*time.Second))
		health := f.after(35 * time.Second)
		if diff := cmp.Diff([]int{0, 10, 20, 30}, f.caller.times(f.start)); diff != "" {
			f.Errorf("polls (-want +got):\n%s", diff)
		}
		if health.Failures != 0 || health.Breaker.State != collect.BreakerClosed || health.Datasets[0].LastDuration != 3*time.Second {
			f.Errorf("health is %+v", health)
		}
	})
}

func TestSlowPollIsGivenUpAndNeverDoubled(t *testing.T) {
	tests := []struct {
		name    string
		dataset collect.Dataset
		want    time.Duration
	}{
		{"interval", collect.Dataset{Name: "x", Interval: 10 * time.Second}, 10 * time.Second},
		{"a minute", collect.Dataset{Name: "x", Interval: time.Hour}, time.Minute},
		{"timeout", collect.Dataset{Name: "x", Interval: time.Hour, Timeout: 4 * time.Second}, 4 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, &fakeCaller{took: time.Hour}, &fakeSink{}, func(f *fixture) {
				f.add("a", test.dataset)
				f.after(test.want - time.Millisecond)
				if len(f.sink.failed()) != 0 {
					f.Fatal("given up early")
				}
				health := f.after(time.Millisecond)
				if len(f.sink.failed()) != 1 || health.LastError.Message != "no complete answer in time" {
					f.Errorf("failures %v, last error %+v", f.sink.failed(), health.LastError)
				}
				f.after(10 * time.Minute)
				if f.caller.overlapped() {
					f.Error("a dataset was asked for twice at once")
				}
			})
		})
	}
}

func TestWorkersAreBounded(t *testing.T) {
	inBubble(t, &fakeCaller{took: time.Second}, &fakeSink{}, func(f *fixture) {
		for i := range 10 {
			f.add(strconv.Itoa(i), every(30*time.Second))
		}
		f.after(5 * time.Second)
		if f.caller.atOnce() != 4 || f.caller.count() != 10 {
			f.Errorf("%d of %d calls at once, want 4 of 10", f.caller.atOnce(), f.caller.count())
		}
	})
}

func TestTransientFailures(t *testing.T) {
	inBubble(t, &fakeCaller{fail: errNetwork}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(10*time.Second))
		health := f.after(time.Second)
		if health.Failures != 1 || health.LastSuccess != (time.Time{}) || health.Staleness != 1 || health.LastError.Permanent {
			f.Errorf("after one failure: %+v", health)
		}
		f.after(5 * time.Second)
		health = f.after(10 * time.Second) // the third failure was a second ago
		if health.Breaker.State != collect.BreakerOpen || health.Failures != 3 || !health.FirstFailure.Equal(f.start) {
			f.Errorf("after three failures: %+v", health)
		}
		health = f.after(90 * time.Second)
		// 5 s · 2^(n−1): after 5, 10, 20 and 40 s; then a dead letter.
		if diff := cmp.Diff([]int{0, 5, 15, 35, 75}, f.caller.times(f.start)); diff != "" {
			f.Errorf("attempts (-want +got):\n%s", diff)
		}
		want := &collect.DeadLetter{
			Reason: collect.ReasonRetries, FirstAttempt: f.start, LastAttempt: f.start.Add(75 * time.Second),
			NextRetry: f.start.Add(75*time.Second + time.Minute),
		}
		if diff := cmp.Diff(want, health.DeadLetter); diff != "" {
			f.Errorf("dead letter (-want +got):\n%s", diff)
		}
		if len(f.sink.failed()) != 5 || len(f.sink.seen()) != 0 {
			f.Errorf("the sink was told of %d failures", len(f.sink.failed()))
		}

		health = f.after(time.Minute)
		if health.DeadLetter == nil || health.DeadLetter.Retries != 1 {
			f.Errorf("after the retry of a dead letter: %+v", health.DeadLetter)
		}
		f.caller.failWith(nil)
		health = f.after(70 * time.Second)
		if health.DeadLetter != nil || health.Failures != 0 || health.Breaker.State != collect.BreakerClosed || health.Staleness > 0.1 {
			f.Errorf("after a success: %+v", health)
		}
	})
}

func TestPermanentFailureIsADeadLetterAtOnce(t *testing.T) {
	inBubble(t, &fakeCaller{fail: errAuth}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(10*time.Second))
		health := f.after(29 * time.Minute)
		if f.caller.count() != 1 || health.DeadLetter == nil || health.DeadLetter.Reason != collect.ReasonPermanent || !health.LastError.Permanent {
			f.Errorf("after %d calls: %+v", f.caller.count(), health)
		}
		f.caller.failWith(nil)
		f.scheduler.Retry("a")
		if health = f.after(0); health.DeadLetter != nil || health.LastSuccess.IsZero() {
			f.Errorf("after a wanted retry: %+v", health)
		}
	})
}

func TestRetryDuringAPollComesAfterIt(t *testing.T) {
	inBubble(t, &fakeCaller{took: 2 * time.Second}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(time.Minute))
		f.after(time.Second)
		f.scheduler.Retry("a")
		f.after(30 * time.Second)
		if diff := cmp.Diff([]int{0, 2}, f.caller.times(f.start)); diff != "" {
			f.Errorf("polls (-want +got):\n%s", diff)
		}
	})
}

func TestRetryAfterIsRespected(t *testing.T) {
	busy := &fault.Error{Origin: fault.OriginRemote, Code: fault.CodeRateLimited, Transient: true, RetryAfter: 70 * time.Second, Err: errors.New("slow down")}
	inBubble(t, &fakeCaller{fail: busy}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(10*time.Second))
		f.after(75 * time.Second)
		if diff := cmp.Diff([]int{0, 70}, f.caller.times(f.start)); diff != "" {
			f.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}

func TestPluginThatIsDownIsNotHeldAgainstTheSource(t *testing.T) {
	inBubble(t, &fakeCaller{fail: errDown}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(time.Minute))
		health := f.after(59 * time.Second)
		if health.DeadLetter != nil || health.Breaker.State != collect.BreakerClosed || health.LastError == nil {
			f.Errorf("while the plugin is down: %+v", health)
		}
		if got := len(f.sink.failed()); got != 12 { // every 5 s, so that it is noticed soon when it is back
			f.Errorf("the sink was told of %d failures, want 12", got)
		}
		f.caller.failWith(nil)
		if health = f.after(5 * time.Second); health.LastSuccess.IsZero() {
			f.Errorf("after the plugin is back: %+v", health)
		}
	})
}

func TestBreakerLetsOneProbeThrough(t *testing.T) {
	caller := &fakeCaller{took: 2 * time.Second, fail: errNetwork}
	inBubble(t, caller, &fakeSink{}, func(f *fixture) {
		f.add("a", collect.Dataset{Name: "x", Interval: time.Minute}, collect.Dataset{Name: "y", Interval: time.Minute},
			collect.Dataset{Name: "z", Interval: time.Minute})
		health := f.after(3 * time.Second) // three datasets failed at once
		if health.Breaker.State != collect.BreakerOpen || !health.Breaker.RetryAt.Equal(f.start.Add(7*time.Second)) {
			f.Fatalf("breaker is %+v", health.Breaker)
		}
		caller.forget()
		health = f.after(5 * time.Second)
		if health.Breaker.State != collect.BreakerHalfOpen || caller.atOnce() != 1 {
			f.Errorf("with %d calls at once the breaker is %+v", caller.atOnce(), health.Breaker)
		}
		f.after(90 * time.Second)
		caller.failWith(nil)
		if health = f.after(2 * time.Minute); health.Breaker.State != collect.BreakerClosed || health.Failures != 0 {
			f.Errorf("after successes: %+v", health)
		}
	})
}

func TestProbeThatDecidesNothingIsFollowedByAnother(t *testing.T) {
	inBubble(t, &fakeCaller{fail: errNetwork}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(10*time.Second))
		if health := f.after(16 * time.Second); health.Breaker.State != collect.BreakerOpen {
			f.Fatalf("breaker is %+v", health.Breaker)
		}
		f.caller.failWith(errDown)
		f.after(20 * time.Second)
		f.caller.failWith(nil)
		if health := f.after(10 * time.Second); health.Breaker.State != collect.BreakerClosed || health.LastSuccess.IsZero() {
			f.Errorf("after the plugin is back: %+v", health)
		}
	})
}

func TestObservation(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	thing := func(id string) *pluginv1.Resource { return &pluginv1.Resource{Id: id, Kind: "thing"} }
	first := &pluginv1.CollectChunk{Full: true, ObservedAt: timestamppb.New(at), Resources: []*pluginv1.Resource{thing("a")}}
	last := &pluginv1.CollectChunk{
		Full: true, Last: true, Resources: []*pluginv1.Resource{thing("b")},
		Problems: []*pluginv1.Problem{{ResourceId: "node/c", Code: "unreachable"}},
	}
	incomplete := resource.Problem{Code: "incomplete", Message: "the plugin ended its answer early", Transient: true}
	tests := []struct {
		name   string
		chunks []*pluginv1.CollectChunk
		want   inventory.Observation
	}{
		{"whole", []*pluginv1.CollectChunk{first, last}, inventory.Observation{
			Complete: true, At: at, Resources: []resource.Resource{{ID: "a", Kind: "thing"}, {ID: "b", Kind: "thing"}},
			Problems: []resource.Problem{{ResourceID: "node/c", Code: "unreachable"}},
		}},
		{"cut off", []*pluginv1.CollectChunk{first}, inventory.Observation{
			At: at, Resources: []resource.Resource{{ID: "a", Kind: "thing"}}, Problems: []resource.Problem{incomplete},
		}},
		{"changes only", []*pluginv1.CollectChunk{{Last: true, Resources: []*pluginv1.Resource{thing("a")}}}, inventory.Observation{
			Resources: []resource.Resource{{ID: "a", Kind: "thing"}},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, &fakeCaller{chunks: test.chunks}, &fakeSink{}, func(f *fixture) {
				f.add("a", every(10*time.Second))
				f.after(11 * time.Second)
				test.want.Source = inventory.SourceRef{ID: "a", Type: "pve", Name: "a", Plugin: "test.fake"}
				test.want.Dataset, test.want.ValidFor = "status", time.Minute
				ignored := cmpopts.IgnoreFields(inventory.Observation{}, "Sequence")
				if diff := cmp.Diff(test.want, f.sink.seen()[0], ignored, cmpopts.EquateEmpty()); diff != "" {
					f.Errorf("observation (-want +got):\n%s", diff)
				}
				if first, second := f.sink.seen()[0].Sequence, f.sink.seen()[1].Sequence; second <= first {
					f.Errorf("sequence %d comes after %d", second, first)
				}
			})
		})
	}
}

func TestAnswerIsBounded(t *testing.T) {
	const chunkSize = 1000
	chunk := &pluginv1.CollectChunk{Resources: make([]*pluginv1.Resource, chunkSize)}
	for i := range chunk.Resources {
		chunk.Resources[i] = &pluginv1.Resource{Id: strconv.Itoa(i)}
	}
	inBubble(t, &fakeCaller{chunks: slices.Repeat([]*pluginv1.CollectChunk{chunk}, collect.MaxResources/chunkSize+1)}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(10*time.Second))
		health := f.after(time.Second)
		if len(f.sink.seen()) != 0 || health.LastError == nil || health.LastError.Message != collect.ErrTooLarge.Error() {
			f.Errorf("last error is %+v", health.LastError)
		}
	})
}

func TestRemoveWaitsForThePollAndForgets(t *testing.T) {
	inBubble(t, &fakeCaller{took: 5 * time.Second}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(10*time.Second))
		f.after(time.Second)
		if err := f.scheduler.Remove(f.Context(), "a"); err != nil {
			f.Fatal(err)
		}
		f.after(time.Minute)
		if diff := cmp.Diff([]string{"announce a", "forget a"}, f.sink.log()); diff != "" {
			f.Errorf("the sink was told (-want +got):\n%s", diff)
		}
		if health := f.scheduler.Health(); health.Queue.Depth != 0 || health.Queue.Running != 0 {
			f.Errorf("the queue is %+v", health.Queue)
		}
	})
}

func TestChangedSourceStartsAfresh(t *testing.T) {
	inBubble(t, &fakeCaller{fail: errAuth}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(10*time.Second))
		f.after(time.Second)
		f.caller.failWith(nil)
		f.add("a", every(20*time.Second))
		health := f.after(0)
		if health.DeadLetter != nil || health.LastError != nil || health.LastSuccess.IsZero() {
			f.Errorf("health is %+v", health)
		}
		if diff := cmp.Diff([]string{"announce a", "fail a", "announce a", "apply a"}, f.sink.log()); diff != "" {
			f.Errorf("the sink was told (-want +got):\n%s", diff)
		}
	})
}

func TestStopDrains(t *testing.T) {
	tests := []struct {
		name string
		took time.Duration
		want []string
		end  time.Duration
	}{
		{"soon done", 2 * time.Second, []string{"announce a", "apply a"}, 2 * time.Second},
		{"never done", time.Hour, []string{"announce a"}, 3 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, &fakeCaller{took: test.took}, &fakeSink{}, func(f *fixture) {
				f.add("a", every(time.Minute))
				f.after(time.Second)
				f.stop()
				if took := time.Since(f.start); took != test.end {
					f.Errorf("ended after %v, want %v", took, test.end)
				}
				if diff := cmp.Diff(test.want, f.sink.log()); diff != "" {
					f.Errorf("the sink was told (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestInventoryThatIsSlowIsNotHeldAgainstTheSource(t *testing.T) {
	inBubble(t, &fakeCaller{}, &fakeSink{took: time.Hour}, func(f *fixture) {
		f.add("a", every(30*time.Second))
		health := f.after(11 * time.Second)
		if health.Failures != 0 || health.Breaker.Failures != 0 || health.LastError == nil || !health.LastSuccess.IsZero() {
			f.Errorf("health is %+v", health)
		}
	})
}

func TestHealthCountsTheQueue(t *testing.T) {
	inBubble(t, &fakeCaller{}, &fakeSink{}, func(f *fixture) {
		f.add("a", collect.Dataset{Name: "x", Interval: 10 * time.Second}, collect.Dataset{Name: "y", Interval: time.Minute})
		f.add("b", every(time.Hour))
		f.after(0)
		want := collect.Queue{Depth: 3, DueSoon: 1, PerType: map[string]int{"pve": 3}}
		if diff := cmp.Diff(want, f.scheduler.Health().Queue); diff != "" {
			f.Errorf("queue (-want +got):\n%s", diff)
		}
	})
}

func TestSourceNeedsADataset(t *testing.T) {
	scheduler := collect.New(collect.Options{Sink: &fakeSink{}, Caller: &fakeCaller{}})
	for name, datasets := range map[string][]collect.Dataset{
		"none": nil, "no name": {{Interval: time.Second}}, "no interval": {{Name: "x"}},
	} {
		if err := scheduler.Add(context.Background(), collect.Source{Datasets: datasets}); !errors.Is(err, collect.ErrNoDataset) {
			t.Errorf("%s: got %v, want %v", name, err, collect.ErrNoDataset)
		}
	}
}

func TestManySourcesStartAtOnce(t *testing.T) {
	inBubble(t, &fakeCaller{took: 100 * time.Millisecond}, &fakeSink{}, func(f *fixture) {
		for i := range 200 {
			f.add(strconv.Itoa(i), every(time.Minute))
		}
		f.after(10 * time.Second)
		synctest.Wait()
		if got := len(f.sink.seen()); got != 200 {
			f.Errorf("%d observations, want 200", got)
		}
	})
}
