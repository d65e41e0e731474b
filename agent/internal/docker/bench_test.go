//go:build unix

package docker_test

import (
	"encoding/json"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/docker"
	"github.com/pulse-hub/pulse/agent/internal/docker/enginetest"
)

func BenchmarkCollect(b *testing.B) {
	for _, count := range []int{5, 100} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			fake := enginetest.NewFake(b)
			for i := range count {
				fake.Add(enginetest.Container{Name: fmt.Sprint("c", i), Running: true, Started: time.Now().Add(-time.Hour)})
			}
			subject := docker.New(at(fake.Socket))
			run(b, subject)
			collect(b, subject)
			enginetest.Eventually(b, "events are followed", func() bool { return fake.Listeners() == 1 })
			collect(b, subject)
			b.ReportAllocs()
			for b.Loop() {
				collect(b, subject)
			}
		})
	}
}

// BenchmarkRealDocker measures collections of a real engine. The processor time is of this process only.
func BenchmarkRealDocker(b *testing.B) {
	for _, count := range []int{5, 100} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			daemon := enginetest.Docker(b)
			daemon.Import(b, "payload", "1", "")
			for i := range count {
				daemon.Run(b, fmt.Sprint("c", i), nil)
			}
			subject := docker.New(at(daemon.Socket))
			run(b, subject)
			began := time.Now()
			collect(b, subject)
			first := time.Since(began)
			collect(b, subject)
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				collect(b, subject)
			}
			b.ReportMetric(float64(processorTime(b)-before)/1e6/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(first)/1e6, "first-ms")
			text, _ := json.Marshal(collect(b, subject))
			b.ReportMetric(float64(len(text)), "report-bytes")
		})
	}
}

// processorTime returns what this process has used.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
