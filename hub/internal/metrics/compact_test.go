package metrics

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLateSamplesComeWhileLateOnesAreMoved appends samples of new series, late from the beginning, while late samples
// are being moved into blocks again and again.
func TestLateSamplesComeWhileLateOnesAreMoved(t *testing.T) {
	s := openTest(t, Options{})
	runTest(t, s)
	now := time.Now().UnixMilli()
	mustAppend(t, s, Sample{mustIntern(t, s, Series{Name: Up, Resource: "clock"}), now, 1})
	const series, rounds, each = 1000, 5, 40 // more than what is gathered before it is written to a file
	var moving sync.WaitGroup
	stop := make(chan struct{})
	moving.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := s.moveLate(t.Context()); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for round := range int64(rounds) {
		for i := range series {
			h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: fmt.Sprint(i)})
			var batch []Sample
			for n := range int64(each) {
				batch = append(batch, Sample{h, now - (3+round)*testHour + 10_000*n, float64(n)})
			}
			if err := s.Append(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(stop)
	moving.Wait()
	found := 0
	for _, r := range mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: now - 10*testHour, To: now}) {
		found += len(r.Points)
	}
	if found != series*rounds*each {
		t.Errorf("%d of %d late samples are there", found, series*rounds*each)
	}
}

// TestWhatFailsIsNotTriedWithEveryCommit asks for it all the time, as commits do while the disk has room for the log but
// not for a block.
func TestWhatFailsIsNotTriedWithEveryCommit(t *testing.T) {
	for name, test := range map[string]struct {
		err         error
		least, most int
	}{
		"fails": {errors.New("no room"), 3, 3},
		"works": {nil, 40, 50},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 41*time.Second)
				defer cancel()
				sooner, tries := make(chan struct{}, 1), 0
				asking := time.NewTicker(time.Second)
				defer asking.Stop()
				go func() {
					for {
						select {
						case <-ctx.Done():
							return
						case <-asking.C:
							signal(sooner)
						}
					}
				}()
				regularly(ctx, 20*time.Second, sooner, func() error { tries++; return test.err })
				if tries < test.least || tries > test.most {
					t.Errorf("tried %d times, want %d to %d", tries, test.least, test.most)
				}
			})
		})
	}
}
