package policy_test

import (
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func TestInMaintenance(t *testing.T) {
	const (
		hour   = `"from":"2026-11-20T10:00:00Z","to":"2026-11-20T12:00:00+01:00"` // to 11:00 UTC
		longer = `"from":"2026-11-20T10:00:00Z","to":"2026-11-20T12:00:00Z"`
		inside = "2026-11-20T10:30:00Z"
	)
	vm := alert.Subject{ID: "lab:pve1:104", Name: "web", Node: "pve1", Kind: resource.KindVM, Tags: []string{"Prod"}}
	disk := alert.Subject{ID: "lab:pve1:104-disk-var-disk-1", Node: "pve1", Kind: resource.KindVM}
	hostDisk := alert.Subject{ID: "host:h1/disk:/var", Name: "h1", Node: "h1", Kind: resource.KindHost}
	cases := []struct {
		name, windows string
		subject       alert.Subject
		now, want     string // want: the reason, empty for none
	}{
		{"everything", `{"id":"a","reason":"r",` + hour + `}`, vm, inside, "r"},
		{"from the first moment", `{"id":"a","reason":"r",` + hour + `}`, vm, "2026-11-20T10:00:00Z", "r"},
		{"before", `{"id":"a","reason":"r",` + hour + `}`, vm, "2026-11-20T09:59:59Z", ""},
		{"at the end", `{"id":"a","reason":"r",` + hour + `}`, vm, "2026-11-20T11:00:00Z", ""},
		{"its id", `{"id":"a","reason":"r",` + hour + `,"resources":["x","lab:pve1:104"]}`, vm, inside, "r"},
		{"another id", `{"id":"a","reason":"r",` + hour + `,"resources":["lab:pve1:10"]}`, vm, inside, ""},
		{"moved", `{"id":"a","reason":"r",` + hour + `,"resources":["lab:pve9:104"]}`, vm, inside, "r"},
		{"another instance", `{"id":"a","reason":"r",` + hour + `,"resources":["den:pve1:104"]}`, vm, inside, ""},
		{"its file system", `{"id":"a","reason":"r",` + hour + `,"resources":["lab:pve1:104"]}`, disk, inside, "r"},
		{"its file system after it moved", `{"id":"a","reason":"r",` + hour + `,"resources":["lab:pve9:104"]}`, disk, inside, "r"},
		{"disk of a host", `{"id":"a","reason":"r",` + hour + `,"resources":["host:h1"]}`, hostDisk, inside, "r"},
		{"disk of another host", `{"id":"a","reason":"r",` + hour + `,"resources":["host:h"]}`, hostDisk, inside, ""},
		{"its tag", `{"id":"a","reason":"r",` + hour + `,"tags":["prod"]}`, vm, inside, "r"},
		{"another tag", `{"id":"a","reason":"r",` + hour + `,"tags":["dev"]}`, vm, inside, ""},
		{"its node", `{"id":"a","reason":"r",` + hour + `,"nodes":["PVE1"]}`, vm, inside, "r"},
		{"another node", `{"id":"a","reason":"r",` + hour + `,"nodes":["pve2"]}`, vm, inside, ""},
		{"the node itself", `{"id":"a","reason":"r",` + hour + `,"nodes":["pve1"]}`, alert.Subject{Name: "pve1", Kind: resource.KindNode}, inside, "r"},
		{"a guest called like the node", `{"id":"a","reason":"r",` + hour + `,"nodes":["pve1"]}`, alert.Subject{Name: "pve1", Kind: resource.KindVM}, inside, ""},
		{"any of them", `{"id":"a","reason":"r",` + hour + `,"nodes":["pve2"],"tags":["prod"]}`, vm, inside, "r"},
		{"blank entries are none", `{"id":"a","reason":"r",` + hour + `,"tags":[""],"nodes":["pve2",""]}`, alert.Subject{Tags: []string{""}}, inside, ""},
		{"the last to end", `{"id":"a","reason":"r",` + hour + `},{"id":"b","reason":"s",` + longer + `},{"id":"c","reason":"t",` + hour + `}`, vm, inside, "s"},
		{"the last that covers", `{"id":"a","reason":"r",` + hour + `},{"id":"b","reason":"s",` + longer + `,"nodes":["pve2"]}`, vm, inside, "r"},
	}
	ends := map[string]time.Time{
		"r": moment(t, "2026-11-20T11:00:00Z"), "s": moment(t, "2026-11-20T12:00:00Z"),
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := mustNew(t, `{"maintenance":[`+c.windows+`]}`)
			until, reason, ok := p.InMaintenance(moment(t, c.now), c.subject)
			if reason != c.want || ok != (c.want != "") || !until.Equal(ends[c.want]) {
				t.Errorf("got %v %q until %v, want %q", ok, reason, until, c.want)
			}
		})
	}
}
