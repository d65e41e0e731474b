package roadtest

import (
	"strings"
	"testing"
	"time"
)

// alarming is how long it may take until what is wrong for longer than an instant is an alert.
const alarming = 90 * time.Second

// plantedAlerts are the alerts that faults planted in the sets lead to, by id.
func plantedAlerts() []string {
	return []string{
		"backup-failed-lab:lab3:105",
		"certificate-expiry-lab-lab3",
		"disk-health-lab-lab2-/dev/sdb",
		"disk-wearout-lab-lab2-/dev/nvme0n1",
		"guest-powered-off-lab:lab2:120",
		"guest-powered-off-lab:lab3:112",
		"lab:lab1:101-cpu",
		"lab:lab1:101-memory",
		"lab:lab1:110-memory",
		"lab:lab2:111-disk",
		"replication-failed-lab-105-0",
		"zfs-device-lab-lab2-tank-sdb",
		"zfs-pool-errors-lab-lab2-tank",
		"zfs-pool-state-lab-lab2-tank",
		"backup-job-failed-pbs-vault-garbage-offsite",
		"backup-job-failed-pbs-vault-sync-s-off",
		"backup-job-failed-pbs-vault-verify-v-main",
	}
}

// testAlerts waits until each planted fault that there is an alert for has one.
func (w *watched) testAlerts(t *testing.T) {
	until(t, alarming, func() string {
		active := map[string]bool{}
		for _, one := range w.get(t, "/api/alerts/active").([]any) {
			active[text(at(one, "id"))] = true
		}
		var missing []string
		for _, id := range plantedAlerts() {
			if !active[id] {
				missing = append(missing, id)
			}
		}
		if len(missing) > 0 {
			return "no alerts " + strings.Join(missing, ", ")
		}
		return ""
	})
}
