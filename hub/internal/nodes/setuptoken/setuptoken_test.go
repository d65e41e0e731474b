package setuptoken_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/nodes/setuptoken"
)

func TestTokensAreForOneServerOnce(t *testing.T) {
	type call struct {
		after       time.Duration // since the call before
		typ, server string
		want        bool
	}
	tests := map[string][]call{
		"at once":               {{0, "pve", "a", true}},
		"at the last moment":    {{setuptoken.Lifetime - 1, "pve", "a", true}},
		"too late":              {{setuptoken.Lifetime, "pve", "a", false}},
		"another type":          {{0, "pbs", "a", false}, {0, "pve", "a", true}},
		"again":                 {{0, "pve", "a", true}, {setuptoken.Grace - 1, "pve", "a", true}},
		"again too late":        {{0, "pve", "a", true}, {setuptoken.Grace, "pve", "a", false}},
		"another server":        {{0, "pve", "a", true}, {0, "pve", "b", false}},
		"used late, then again": {{setuptoken.Lifetime - 1, "pve", "a", true}, {setuptoken.Grace - 1, "pve", "a", true}},
		"grace does not grow":   {{0, "pve", "a", true}, {40 * time.Second, "pve", "a", true}, {40 * time.Second, "pve", "a", false}},
	}
	for name, calls := range tests {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
			desk := setuptoken.NewDesk(func() time.Time { return now })
			token := desk.Issue("pve")
			for i, call := range calls {
				now = now.Add(call.after)
				if got := desk.Redeem(token.Value, setuptoken.Use{Type: call.typ, Server: call.server}); got != call.want {
					t.Errorf("call %d gave %v, want %v", i, got, call.want)
				}
			}
		})
	}
}

func TestTokensAreUnlikeAndOthersAreNone(t *testing.T) {
	desk := setuptoken.NewDesk(nil)
	a, b := desk.Issue("pve"), desk.Issue("pve")
	if a.Value == b.Value || len(a.Value) != 32 || a.Hint() != a.Value[:3]+"…"+a.Value[29:] {
		t.Errorf("tokens are %q (%s) and %q", a.Value, a.Hint(), b.Value)
	}
	for _, other := range []string{"", "zz", a.Value[1:], a.Value + "0"} {
		if desk.Redeem(other, setuptoken.Use{Type: "pve", Server: "a"}) {
			t.Errorf("%q is a token", other)
		}
	}
}

// TestOldTokensGiveWay: nobody fills the memory with tokens.
func TestOldTokensGiveWay(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	desk := setuptoken.NewDesk(func() time.Time { now = now.Add(time.Millisecond); return now })
	first, second := desk.Issue("pve"), desk.Issue("pve")
	for range 999 {
		desk.Issue("pve")
	}
	use := setuptoken.Use{Type: "pve", Server: "a"}
	if desk.Redeem(first.Value, use) || !desk.Redeem(second.Value, use) {
		t.Error("of 1001 tokens, not just the first one is void")
	}
}

// TestOnlyOneServerWins: two that come at the same time do not both register.
func TestOnlyOneServerWins(t *testing.T) {
	desk := setuptoken.NewDesk(nil)
	token := desk.Issue("pve")
	var wins atomic.Int32
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			if desk.Redeem(token.Value, setuptoken.Use{Type: "pve", Server: string(rune('a' + i))}) {
				wins.Add(1)
			}
		})
	}
	wait.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d servers registered with one token", wins.Load())
	}
}
