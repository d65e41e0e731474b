package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func TestBackupCoverageIsTold(t *testing.T) {
	h := start(t)
	const empty = `{"guests":[],"orphans":[],"summary":{"covered":0,"overdue":0,"unprotected":0,"unknown":0,"orphans":0}}`
	if w := h.call("GET", "/api/backup-coverage", "all", ""); w.Code != 200 || strings.TrimSpace(w.Body.String()) != empty {
		t.Errorf("of nothing there is %d %s", w.Code, w.Body)
	}
	_, err := h.inventory.Apply(t.Context(), inventory.Observation{
		Source: inventory.SourceRef{ID: "a", Type: "pve", Name: "lab"}, Dataset: "all", At: time.Now(), Complete: true,
		Resources: []resource.Resource{{
			ID: "lxc/201", Kind: resource.KindContainer, Name: "dns", Labels: map[string]string{"backup_job": "none"},
			Detail: &resource.Guest{Node: "pve1", VMID: 201},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const guest = `{"id":"lab:pve1:201","vmid":201,"name":"dns","node":"pve1","instance":"lab","type":"lxc","inJob":false,"jobs":[],"lastBackup":null,` +
		`"lastBackupStorage":"","verified":null,"backups":0,"state":"unprotected","reason":"in no backup job that is enabled, and there is no backup"}`
	if w := h.call("GET", "/api/backup-coverage", "all", ""); !strings.Contains(w.Body.String(), guest) {
		t.Errorf("the coverage is %s", w.Body)
	}
}

func TestSchedulerTellsWhetherIntervalsAdapt(t *testing.T) {
	if w := start(t).call("GET", "/api/monitoring/scheduler/health", "all", ""); !strings.Contains(w.Body.String(), `"enabled":true`) {
		t.Errorf("the health is %s", w.Body)
	}
}
