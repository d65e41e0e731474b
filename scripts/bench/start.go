package main

import (
	"context"
	"fmt"
	"time"
)

// starts is how often the start is measured; the median counts.
const starts = 5

// measureStart measures an empty hub: how soon it is healthy, and the memory
// it takes once it has settled.
func measureStart(ctx context.Context, bin string, _ settings) ([]Result, error) {
	var healthy, memory []float64
	for range starts {
		hub, err := startHub(ctx, bin)
		if err != nil {
			return nil, err
		}
		healthy = append(healthy, float64(time.Since(hub.started).Milliseconds()))
		time.Sleep(2 * time.Second)
		resident, err := hub.resident()
		hub.stop()
		if err != nil {
			return nil, err
		}
		memory = append(memory, resident)
	}
	return []Result{
		Result{Name: fmt.Sprintf("start of an empty hub to healthy, median of %d", starts), Value: median(healthy), Unit: "ms"}.atMost(300),
		Result{Name: "empty hub, resident", Value: median(memory), Unit: "MB"}.atMost(48),
	}, nil
}
