package roadtest

import (
	"fmt"
	"net"
	"testing"
	"time"
)

const (
	// downSamples is how many reports one hub takes while the others are away.
	downSamples = 6
	// atOnce is how old a report may be when it arrives at a hub that works: less than the next is due.
	atOnce = every
)

// silent is an address where somebody listens and never says anything, as a hub that hangs.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return "http://" + listener.Addr().String()
}

func TestOneHubDoesNotHoldUpTheOther(t *testing.T) {
	t.Parallel()
	good, bad := newHub(t), newHub(t)
	toGood, toBad := newRelay(t), newRelay(t)
	toGood.to(t, good)
	toBad.to(t, bad)
	agent := startAgent(t, agentOptions{url: toGood.URL, args: []string{
		"--interval", every.String(), "--target", toBad.URL + "|" + token, "--target", silent(t) + "|" + token,
	}})
	delivered(t, toGood, 2)
	delivered(t, toBad, 2)
	bad.kill()
	delivered(t, toGood, downSamples)
	bad = startHub(t, bad.dir)
	toBad.to(t, bad)
	delivered(t, toBad, downSamples) // what it has missed, too
	agent.stop(t)

	for i, d := range toGood.deliveries() {
		if late := d.arrived.Sub(d.at); late > atOnce && i > 0 { // the first waits for the machine's first figures
			t.Errorf("the report of %s came %s later", clock(d.at.UnixMilli()), late)
		}
	}
	id := good.state(t).Hosts[0].ID
	for name, one := range map[string]struct {
		*hub
		*relay
	}{"the hub that was there": {good, toGood}, "the hub that was away": {bad, toBad}} {
		samples := distinct(one.deliveries())
		until(t, 15*time.Second, func() string { return missing(one.history(t, id), samples) })
		for i, sample := range samples[1:] {
			if gap := sample.at.Sub(samples[i].at); gap > longestGap {
				t.Errorf("%s has nothing in %s", name, gap)
			}
		}
		t.Logf("%s has %d samples", name, len(samples))
	}
	if got := fmt.Sprint(bad.state(t).Hosts[0].Status); got != "online" {
		t.Errorf("the hub that was away says %s", got)
	}
}
