package sdk

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hashicorp/go-hclog"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// standalone collects once, without a hub, and prints what was seen. In the
// configuration file secrets stand beside everything else.
func standalone(p *Plugin, args []string, w io.Writer) error {
	flags := flag.NewFlagSet("--standalone", flag.ContinueOnError)
	config := flags.String("config", "", "JSON file with the configuration of the instance")
	key := flags.String("component", "", "component to try: source/<type>; the first source by default")
	dataset := flags.String("dataset", "", "dataset to collect; the first by default")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c, err := p.firstSource(*key)
	if err != nil {
		return err
	}
	chosen, ok := c.dataset(*dataset)
	if !ok {
		return notFound("no dataset %q", *dataset)
	}
	value, err := p.standaloneInstance(c, *config)
	if err != nil {
		return err
	}
	defer closeValue(value)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, time.Duration(chosen.Timeout))
	defer cancel()
	out := newSnapshot(chosen.Name, 0)
	if err := collect(ctx, value, out); err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	return printTable(w, out)
}

var errNoSource = errors.New("there is no such source in this plugin; only sources can run stand-alone")

func (p *Plugin) firstSource(key string) (*component, error) {
	if _, err := p.Manifest(); err != nil {
		return nil, err
	}
	for _, c := range p.components {
		if c.description.Kind == manifest.KindSource && (key == "" || key == c.description.Key()) {
			return c, nil
		}
	}
	return nil, errNoSource
}

func (p *Plugin) standaloneInstance(c *component, configFile string) (any, error) {
	var data []byte
	if configFile != "" {
		var err error
		if data, err = os.ReadFile(configFile); err != nil {
			return nil, fmt.Errorf("read configuration: %w", err)
		}
	}
	config, faults := complete(c.schema, &pluginv1.ConfigureRequest{ConfigJson: string(data)})
	if len(faults) > 0 {
		var errs []error
		for _, f := range faults {
			errs = append(errs, f)
		}
		return nil, errors.Join(errs...)
	}
	log := hclog.New(&hclog.LoggerOptions{Name: p.identity.ID, Output: os.Stderr})
	return c.build(config, Instance{ID: "standalone", Name: "standalone", Log: log})
}

func printTable(w io.Writer, out *Snapshot) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KIND\tID\tNAME\tSTATUS\tVALUES")
	for _, r := range out.Resources() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.Kind, r.ID, r.Name, r.Status, values(&r))
	}
	for _, p := range out.Problems() {
		fmt.Fprintf(table, "problem\t%s\t\t%s\t%s\n", p.ResourceID, p.Code, p.Message)
	}
	return table.Flush()
}

// values lists what was measured of a resource.
func values(r *resource.Resource) string {
	var list []string
	if r.Usage.CPU != nil {
		list = append(list, fmt.Sprintf("cpu=%.3f", *r.Usage.CPU))
	}
	if ratio, ok := r.Usage.Memory.Ratio(); ok {
		list = append(list, fmt.Sprintf("memory=%.3f", ratio))
	}
	if ratio, ok := r.Usage.Disk.FullRatio(); ok {
		list = append(list, fmt.Sprintf("disk=%.3f", ratio))
	}
	metrics := slices.Clone(r.Metrics)
	slices.SortStableFunc(metrics, func(a, b resource.Metric) int { return strings.Compare(a.Name, b.Name) })
	for _, m := range metrics {
		list = append(list, fmt.Sprintf("%s=%g", m.Name, m.Value))
	}
	return strings.Join(list, " ")
}
