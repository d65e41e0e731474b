package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// connections is how many agents report at the same moment in the closed loop.
const connections = 8

// sizes are the fleets that ingest is measured with.
var sizes = []int{50, 500, 2000}

// rounds is how often hub and bare handler are measured in turn; medians count.
const rounds = 3

// measureIngest holds the hub, with a page of each protocol connected and every
// sample stored, against the bare handler.
func measureIngest(ctx context.Context, bin string, s settings) ([]Result, error) {
	bare, err := startBare(ctx)
	if err != nil {
		return nil, err
	}
	defer bare.stop()
	var results []Result
	perReport := map[int]float64{}
	for _, size := range sizes {
		rate, cpu, ratio, err := ingestAt(ctx, bin, bare, size, s)
		if err != nil {
			return nil, fmt.Errorf("%d hosts: %w", size, err)
		}
		perReport[size] = cpu
		results = append(results,
			Result{Name: fmt.Sprintf("ingest, %d hosts", size), Value: rate, Unit: "reports/s"},
			Result{Name: fmt.Sprintf("ingest, %d hosts: CPU", size), Value: cpu, Unit: "s/1000 reports"},
			Result{Name: fmt.Sprintf("ingest, %d hosts: rate against the bare handler", size), Value: ratio, Unit: "ratio"}.atLeast(0.4),
		)
	}
	growth := perReport[2000] / perReport[50]
	return append(results, Result{Name: "ingest: CPU per report at 2,000 hosts against 50", Value: growth, Unit: "ratio"}.atMost(1.3)), nil
}

// ingestAt returns the hub's reports per second, its CPU seconds per 1,000
// reports, and its rate divided by the bare handler's, as medians of the rounds.
func ingestAt(ctx context.Context, bin string, bare *process, size int, s settings) (rate, cpu, ratio float64, err error) {
	hub, err := startHub(ctx, bin)
	if err != nil {
		return 0, 0, 0, err
	}
	defer hub.stop()
	pages, err := openPages(ctx, hub)
	if err != nil {
		return 0, 0, 0, err
	}
	defer pages.close()
	fleet := newFleet(size)
	if err := fleet.introduce(ctx, hub.url); err != nil {
		return 0, 0, 0, err
	}
	var rates, cpus, ratios []float64
	for range rounds {
		length := time.Duration(s.seconds) * time.Second / rounds
		ceiling, err := load(ctx, bare, fleet, length)
		if err != nil {
			return 0, 0, 0, fmt.Errorf("bare handler: %w", err)
		}
		measured, err := load(ctx, hub, fleet, length)
		if err != nil {
			return 0, 0, 0, fmt.Errorf("hub: %w", err)
		}
		rates = append(rates, measured.rate)
		cpus = append(cpus, measured.cpuPerThousand)
		ratios = append(ratios, measured.rate/ceiling.rate)
	}
	return median(rates), median(cpus), median(ratios), nil
}

// loaded is the outcome of one closed loop.
type loaded struct{ rate, cpuPerThousand float64 }

// load sends the fleet's reports as fast as they are answered.
func load(ctx context.Context, target *process, f *fleet, length time.Duration) (loaded, error) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	cpuBefore, err := target.cpu()
	if err != nil {
		return loaded{}, err
	}
	var sent atomic.Int64
	var failure atomic.Pointer[error]
	var workers sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}, Timeout: 10 * time.Second}
	begin := time.Now()
	for w := range connections {
		workers.Go(func() {
			for i := w; ctx.Err() == nil; i += connections {
				if err := f.report(ctx, client, target.url, i%len(f.hosts)); err != nil {
					if ctx.Err() == nil {
						failure.Store(&err)
					}
					return
				}
				sent.Add(1)
			}
		})
	}
	workers.Wait()
	client.CloseIdleConnections()
	if err := failure.Load(); err != nil {
		return loaded{}, *err
	}
	seconds := time.Since(begin).Seconds()
	cpuAfter, err := target.cpu()
	if err != nil {
		return loaded{}, err
	}
	n := float64(sent.Load())
	return loaded{rate: n / seconds, cpuPerThousand: (cpuAfter - cpuBefore).Seconds() / n * 1000}, nil
}

// introduce has every host report twice, so that the hub knows it and its
// series: what is measured is a running fleet, not its first minute.
func (f *fleet) introduce(ctx context.Context, url string) error {
	client := &http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	for range 2 {
		for i := range f.hosts {
			if err := f.report(ctx, client, url, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// report posts the next report of host i.
func (f *fleet) report(ctx context.Context, client *http.Client, url string, i int) error {
	f.locks[i].Lock()
	defer f.locks[i].Unlock()
	body, err := f.body(i, time.Now().UTC())
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/agents/host/report", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-API-Token", token)
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("post report: %w", err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("report answered %d: %.200s", answer.StatusCode, text)
	}
	return nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
