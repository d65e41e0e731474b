// Command bench measures the goals that Pulse's performance is stated in: what
// a report costs the hub as the fleet grows, against a bare gin handler that
// only decodes it; what the live feed sends a page; how fast the hub starts
// and how much memory hub and agent take.
//
// Hub, agent and bare handler run as processes of their own; their CPU time is
// what the kernel accounts to them. Wall-clock rates belong to the machine:
// the goals are ratios within one run. Linux only.
//
//	go run ./scripts/bench [-seconds 8] [-only ingest,live,start,agent] [-json FILE]
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Result is one measured figure and the goal it is held against.
type Result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Goal  string  `json:"goal,omitempty"`
	Met   *bool   `json:"met,omitempty"`
}

// settings are the command's flags.
type settings struct {
	seconds  int
	live     int
	agent    int
	bin      string
	sections []string
	json     string
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == bareRole {
		serveBare()
		return
	}
	s := settings{}
	only := flag.String("only", "start,ingest,live,agent", "sections to run, comma-separated")
	flag.IntVar(&s.seconds, "seconds", 8, "length of each ingest run in seconds")
	flag.IntVar(&s.live, "live", 60, "length of the live feed run in seconds")
	flag.IntVar(&s.agent, "agent", 90, "length of the agent run in seconds")
	flag.StringVar(&s.bin, "bin", "", "folder with built binaries (default: build them into a temporary one)")
	flag.StringVar(&s.json, "json", "", "also write the results to this file")
	flag.Parse()
	s.sections = strings.Split(*only, ",")

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	fmt.Printf("%s, %s/%s, %d processors, %s\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), time.Now().UTC().Format(time.RFC3339))
	bin, cleanup, err := binaries(ctx, s.bin)
	if err != nil {
		return err
	}
	defer cleanup()
	sections := []struct {
		name    string
		measure func(context.Context, string, settings) ([]Result, error)
	}{
		{"start", measureStart},
		{"ingest", measureIngest},
		{"live", measureLive},
		{"agent", measureAgent},
	}
	var results []Result
	for _, section := range sections {
		if !slices.Contains(s.sections, section.name) {
			continue
		}
		measured, err := section.measure(ctx, bin, s)
		if err != nil {
			return fmt.Errorf("%s: %w", section.name, err)
		}
		for _, r := range measured {
			r.print()
		}
		results = append(results, measured...)
	}
	return save(s.json, results)
}

func (r Result) print() {
	verdict := ""
	if r.Met != nil {
		verdict = "  short of the goal"
		if *r.Met {
			verdict = "  met"
		}
	}
	fmt.Printf("%-58s %12.3f %-12s %-16s%s\n", r.Name, r.Value, r.Unit, r.Goal, verdict)
}

func save(file string, results []Result) error {
	if file == "" {
		return nil
	}
	raw, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return fmt.Errorf("encode results: %w", err)
	}
	return os.WriteFile(file, append(raw, '\n'), 0o644)
}

// atMost and atLeast attach a goal to a figure.
func (r Result) atMost(limit float64) Result {
	r.Goal, r.Met = fmt.Sprintf("at most %g", limit), new(r.Value <= limit)
	return r
}

func (r Result) atLeast(limit float64) Result {
	r.Goal, r.Met = fmt.Sprintf("at least %g", limit), new(r.Value >= limit)
	return r
}
