//go:build linux

package start_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/start"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// bundledID is a plugin of pulse-plugins.
const bundledID = "pulse.demo"

// bundledBench is a bench whose launcher and plugins are verified as in a release.
func bundledBench(b *testing.B) (*bench, string) {
	content, err := os.ReadFile(program(bundleName))
	must(b, err)
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:])
	return newBench(b, func(o *start.Options) { o.ProgramSHA256 = hash }), hash
}

func (b *bench) bundled(level launcher.Level, hash string, number int) supervise.Launch {
	data := b.data + strconv.Itoa(number)
	return supervise.Launch{
		Plugin: supervise.Plugin{
			Manifest: &manifest.Manifest{ID: bundledID},
			Program: openProgram(func() (*supervise.Executable, error) {
				file, err := runner.OpenVerified(program(bundleName), hash)
				if err != nil {
					return nil, err
				}
				return &supervise.Executable{File: file, Path: file.Name(), Args: []string{bundledID}, Close: file.Close}, nil
			}),
			Digest: hash, Verified: true, Level: level, Identity: number, DataDir: data, Required: level > launcher.Process,
		},
		Name: bundledID, DataDir: data, Journal: b.journal, Calls: &usage.Calls{}, Host: b.host,
	}
}

// introduce launches a process and makes the first call.
func (b *bench) introduce(what supervise.Launch) supervise.Process {
	process, err := b.launch(what)
	if err != nil {
		b.Fatalf("launch: %v\n%s", err, b.output())
	}
	request := &pluginv1.InitRequest{HostServiceId: process.HostService(), DataDir: what.DataDir}
	if _, err := process.Clients().Plugin.Init(b.Context(), request); err != nil {
		b.Fatalf("init: %v\n%s", err, b.output())
	}
	return process
}

// BenchmarkFirstCall is the time from the wish to start a bundled plugin to the
// answer of its first call. The goal is 60 ms.
func BenchmarkFirstCall(b *testing.B) {
	for level := launcher.Process; level <= launcher.Separate; level++ {
		b.Run(level.String(), func(b *testing.B) {
			needs(b, level)
			bench, hash := bundledBench(b)
			var took []time.Duration
			for b.Loop() {
				started := time.Now()
				process := bench.introduce(bench.bundled(level, hash, 0))
				took = append(took, time.Since(started))
				b.StopTimer()
				bench.stop(process)
				b.StartTimer()
			}
			b.ReportMetric(median(took).Seconds()*1e3, "p50-ms")
		})
	}
}

// BenchmarkUnary is the time of one call with one answer. The goal is 250 µs.
func BenchmarkUnary(b *testing.B) {
	bench, hash := bundledBench(b)
	process := bench.introduce(bench.bundled(launcher.Limited, hash, 0))
	defer bench.stop(process)
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		started := time.Now()
		if err := process.Ping(b.Context()); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(started))
	}
	b.ReportMetric(median(took).Seconds()*1e6, "p50-µs")
}

// BenchmarkThirtyPlugins starts thirty, two at a time, and measures what they
// take together. The goals are 1.5 s and 120 MB.
func BenchmarkThirtyPlugins(b *testing.B) {
	const plugins, atOnce = 30, 2
	for _, level := range []launcher.Level{launcher.Limited, launcher.Confined, launcher.Separate} {
		b.Run(level.String(), func(b *testing.B) {
			needs(b, level)
			bench, hash := bundledBench(b)
			var took []time.Duration
			var memory uint64
			for b.Loop() {
				started := time.Now()
				processes := bench.many(plugins, atOnce, func(number int) supervise.Launch { return bench.bundled(level, hash, number) })
				took = append(took, time.Since(started))
				b.StopTimer()
				memory = 0
				for _, process := range processes {
					taken, err := process.Usage(b.Context())
					must(b, err)
					if !taken.Exact {
						b.Log("memory is not exact")
					}
					memory += taken.MemoryBytes
				}
				for _, process := range processes {
					bench.stop(process)
				}
				b.StartTimer()
			}
			b.ReportMetric(median(took).Seconds(), "s-to-start")
			b.ReportMetric(float64(memory)/1e6, "PSS-MB")
		})
	}
}

// many starts so many plugins, a few at once.
func (b *bench) many(count, atOnce int, what func(number int) supervise.Launch) []supervise.Process {
	processes := make([]supervise.Process, count)
	numbers := make(chan int)
	var starters sync.WaitGroup
	for range atOnce {
		starters.Go(func() {
			for number := range numbers {
				processes[number] = b.introduce(what(number))
			}
		})
	}
	for number := range count {
		numbers <- number
	}
	close(numbers)
	starters.Wait()
	return processes
}

func median(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)/2]
}
