package collect_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/collect"
)

func adaptive() collect.Adaptive {
	usual := collect.DefaultAdaptive()
	usual.Enabled = true
	return usual
}

func TestAdaptiveIntervalsGrowWhileAllIsWell(t *testing.T) {
	inBubbleWith(t, collect.Options{Adaptive: adaptive()}, &fakeCaller{}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(10*time.Second))
		health := f.after(20 * time.Minute)
		// Never seen: 7 s. Seen 7 s ago: 0.6·(5+295·(1−7/300)) + 0.4·7 = 178.7 s, and so on.
		if diff := cmp.Diff([]int{0, 7, 186, 332, 484, 635, 786, 938, 1089}, f.caller.times(f.start)); diff != "" {
			f.Errorf("polls (-want +got):\n%s", diff)
		}
		if !f.scheduler.Health().Adaptive || health.Datasets[0].Interval < 140*time.Second {
			f.Errorf("health is %+v", health.Datasets)
		}
		// Nothing is stale before the one after the next poll has failed to come.
		for _, seen := range f.sink.seen()[1:] {
			if seen.ValidFor < 2*140*time.Second {
				f.Errorf("an answer is valid for %s only", seen.ValidFor)
			}
		}
	})
}

func TestAdaptiveDatasetsKeepTheirProportion(t *testing.T) {
	inBubbleWith(t, collect.Options{Adaptive: adaptive()}, &fakeCaller{}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(10*time.Second), collect.Dataset{Name: "slow", Interval: 100 * time.Second})
		health := f.after(6 * time.Hour)
		quick, slow := health.Datasets[0].Interval, health.Datasets[1].Interval
		if ratio := slow.Seconds() / quick.Seconds(); ratio < 9.5 || ratio > 10.5 {
			f.Errorf("intervals are %s and %s", quick, slow)
		}
	})
}

func TestAdaptiveSourceThatFailedIsSeenSooner(t *testing.T) {
	inBubbleWith(t, collect.Options{Adaptive: adaptive()}, &fakeCaller{}, &fakeSink{}, func(f *fixture) {
		f.add("a", every(10*time.Second))
		well := f.after(10 * time.Minute).Datasets[0].Interval
		f.caller.failWith(errNetwork)
		failing := f.after(3 * time.Minute)
		if failing.Failures == 0 || failing.Datasets[0].Interval != well {
			f.Fatalf("after failures: %+v", failing.Datasets)
		}
		f.caller.failWith(nil)
		again := failing
		for range 120 {
			if again = f.after(time.Second); again.Failures == 0 {
				break
			}
		}
		if again.Failures != 0 || again.Datasets[0].Interval > well/2 {
			f.Errorf("once it works again the interval is %s, and was %s", again.Datasets[0].Interval, well)
		}
	})
}
