package roadtest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
)

// resume has a stopped system come back, of which the hub takes note by itself.
func (f *trouble) resume(t *testing.T, name string, system *proxmoxtest.Server) {
	system.Resume("")
	f.await(t, name, recovering, well())
}

// renew has a person tell the hub the token and the fingerprint again. Until
// then nothing but that can help, and the hub hardly tries.
func (f *trouble) renew(t *testing.T, name string, system *proxmoxtest.Server) {
	before := len(system.Asked())
	system.Heal()
	id := text(at(f.document(t, inNodes), "name="+name+" > id"))
	node := map[string]any{
		"tokenName": pveToken, "tokenValue": testSecret, "verifySSL": true, "fingerprint": system.Fingerprint(""),
	}
	if status, answer := f.do(t, http.MethodPut, inNodes+"/"+id, node); status != http.StatusOK {
		t.Fatalf("changing %s gave %d: %s", name, status, answer)
	}
	f.await(t, name, recovering, well())
	if len(system.Asked()) == before {
		t.Error("the system was not asked again")
	}
}

// clock looks at what a system shows whose clock is wrong: what the hub sees,
// it sees by its own clock.
func (f *trouble) clock(t *testing.T, name string, _ *proxmoxtest.Server) {
	seen := number(at(f.document(t, inState), "nodes > instance="+name+" > lastSeen"))
	if ahead := time.Until(time.UnixMilli(int64(seen))); ahead > time.Second {
		t.Errorf("its node was seen %s from now", ahead)
	}
	id := text(at(f.document(t, inNodes), "name="+name+" > id"))
	if status, answer := f.do(t, http.MethodPost, inNodes+"/"+id+"/test", nil); status != http.StatusOK || !strings.Contains(string(answer), "ahead of Pulse's") {
		t.Errorf("testing it gave %d: %s", status, answer)
	}
}

// digest looks at a system that has a lot to say: it is well after that was asked for, too.
func (f *trouble) digest(t *testing.T, name string, system *proxmoxtest.Server) {
	until(t, recovering, func() string {
		if system.Count(largePath) > f.asked[name] {
			return ""
		}
		return largePath + " is not asked for again"
	})
	f.await(t, name, recovering, well())
}
