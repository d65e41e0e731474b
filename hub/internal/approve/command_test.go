package approve

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCommandsAreCompleted(t *testing.T) {
	host := Command{Agent: "a", Text: "uptime", Target: TargetHost, Timeout: time.Minute}
	with := func(change func(*Command)) Command {
		c := host
		change(&c)
		return c
	}
	tests := map[string]struct {
		command, want Command
		err           error
	}{
		"defaults":            {Command{Agent: "a", Text: "uptime"}, host, nil},
		"complete":            {host, host, nil},
		"half a second":       {with(func(c *Command) { c.Timeout = 1500 * time.Millisecond }), with(func(c *Command) { c.Timeout = 2 * time.Second }), nil},
		"a day":               {with(func(c *Command) { c.Timeout = 24 * time.Hour }), with(func(c *Command) { c.Timeout = time.Hour }), nil},
		"a negative time":     {with(func(c *Command) { c.Timeout = -1 }), host, nil},
		"machine":             {with(func(c *Command) { c.Target, c.TargetID = TargetVM, "104" }), with(func(c *Command) { c.Target, c.TargetID = TargetVM, "104" }), nil},
		"host with an id":     {with(func(c *Command) { c.TargetID = "pve1-100" }), with(func(c *Command) { c.TargetID = "pve1-100" }), nil},
		"several lines":       {with(func(c *Command) { c.Text = "if true; then\n\techo ü\nfi" }), with(func(c *Command) { c.Text = "if true; then\n\techo ü\nfi" }), nil},
		"no text":             {with(func(c *Command) { c.Text = " \n" }), Command{}, ErrCommand},
		"long text":           {with(func(c *Command) { c.Text = strings.Repeat("x", MaxText+1) }), Command{}, ErrCommand},
		"no UTF-8":            {with(func(c *Command) { c.Text = "ls \xff" }), Command{}, ErrCommand},
		"a NUL":               {with(func(c *Command) { c.Text = "ls\x00" }), Command{}, ErrCommand},
		"an escape":           {with(func(c *Command) { c.Text = "ls \x1b[2K" }), Command{}, ErrCommand},
		"a carriage return":   {with(func(c *Command) { c.Text = "reboot\rls" }), Command{}, ErrCommand},
		"the other direction": {with(func(c *Command) { c.Text = "ls # \u202etoober" }), Command{}, ErrCommand},
		"something hidden":    {with(func(c *Command) { c.Text = "ls \u200b" }), Command{}, ErrCommand},
		"no agent":            {with(func(c *Command) { c.Agent = "" }), Command{}, ErrTarget},
		"long agent":          {with(func(c *Command) { c.Agent = strings.Repeat("a", maxAgent+1) }), Command{}, ErrTarget},
		"container without":   {with(func(c *Command) { c.Target = TargetContainer }), Command{}, ErrTarget},
		"id with a command":   {with(func(c *Command) { c.Target, c.TargetID = TargetContainer, "1; reboot" }), Command{}, ErrTarget},
		"id with an option":   {with(func(c *Command) { c.Target, c.TargetID = TargetContainer, "-c" }), Command{}, ErrTarget},
		"id with a line":      {with(func(c *Command) { c.TargetID = "1\nreboot" }), Command{}, ErrTarget},
		"the moon":            {with(func(c *Command) { c.Target = "moon" }), Command{}, ErrTarget},
	}
	for name, tt := range tests {
		got, err := tt.command.complete()
		if !errors.Is(err, tt.err) || got != tt.want {
			t.Errorf("%s: got %+v, %v, want %+v, %v", name, got, err, tt.want, tt.err)
		}
	}
}

// parse reads what canonical writes: because it can be read in one way only, no
// two commands have the same bytes.
func parse(t *testing.T, b []byte) (Command, string) {
	t.Helper()
	field := func() string {
		size := binary.BigEndian.Uint64(b)
		text := string(b[8 : 8+size])
		b = b[8+size:]
		return text
	}
	if format := field(); format != "pulse command approval 1" {
		t.Fatalf("the format is %q", format)
	}
	c := Command{Agent: field(), Text: field(), Target: Target(field()), TargetID: field()}
	caller := field()
	c.Timeout = time.Duration(binary.BigEndian.Uint64(b)) * time.Second
	if len(b) != 8 {
		t.Fatalf("%d bytes are left", len(b))
	}
	return c, caller
}

func FuzzCanonical(f *testing.F) {
	f.Add("agent", "uptime", "", "", "user:anna", int64(0))
	f.Add("agent", "echo a\nuptime", "vm", "104", "token:t1", int64(1500*time.Millisecond))
	f.Add("a", "\x00\x00\x00\x00\x00\x00\x00\x01b", "container", "c", "", int64(1<<62))
	f.Fuzz(func(t *testing.T, agent, text, target, id, who string, timeout int64) {
		c, err := Command{Agent: agent, Text: text, Target: Target(target), TargetID: id, Timeout: time.Duration(timeout)}.complete()
		if err != nil {
			return
		}
		if c.Timeout < time.Second || c.Timeout > maxTimeout || c.Timeout%time.Second != 0 {
			t.Errorf("it may run for %s", c.Timeout)
		}
		got, caller := parse(t, canonical(c, who))
		if diff := cmp.Diff(c, got); diff != "" || caller != who {
			t.Errorf("for %q instead of %q: %s", caller, who, diff)
		}
		if again, err := c.complete(); err != nil || again != c {
			t.Errorf("complete twice gave %+v, %v", again, err)
		}
	})
}

func BenchmarkDigest(b *testing.B) {
	c := Command{Agent: "agent-pve1", Text: "systemctl restart nginx", Target: TargetHost, Timeout: time.Minute}
	b.ReportAllocs()
	for b.Loop() {
		digest(c, "user:anna")
	}
}
