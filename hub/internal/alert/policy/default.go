package policy

import (
	"os"
	"strings"
	"time"
	// Zones must be known on machines without a zone database too, such as bare containers.
	_ "time/tzdata"
)

// Values that stand in for what is missing or makes no sense.
const (
	defaultDelay          = 5  // seconds
	defaultMinimumDelta   = 2  // in the unit of the value
	defaultSuppression    = 5  // minutes
	defaultHysteresis     = 5  // in the unit of the value
	defaultCriticalMargin = 10 // in the unit of the value
	defaultObservation    = 24 // hours
	defaultCertificate    = 14 // days
)

// Default returns the configuration of a new installation. Everything that finds faults by itself is on; backups,
// snapshots, quiet hours and escalation wait for somebody who wants them, and nobody is told anything until somebody
// has activated alerts. The time zone of quiet hours is that of the machine if it is known, otherwise UTC. The caller
// owns the result.
func Default() Config {
	return Config{
		Enabled:                   true,
		ActivationState:           PendingReview,
		ObservationWindowHours:    defaultObservation,
		GuestDefaults:             defaultGuest(),
		NodeDefaults:              defaultNode(),
		HostDefaults:              defaultHost(),
		StorageDefault:            Threshold{Trigger: 85, Clear: 80},
		DockerDefaults:            defaultDocker(),
		PMGDefaults:               defaultPMG(),
		PBSDefaults:               ThresholdConfig{CPU: threshold(80), Memory: threshold(85)},
		SnapshotDefaults:          SnapshotConfig{WarningDays: 30, CriticalDays: 45},
		BackupDefaults:            BackupConfig{WarningDays: 7, CriticalDays: 14, FreshHours: 24, StaleHours: 72},
		Overrides:                 map[string]ThresholdConfig{},
		Schedule:                  defaultSchedule(),
		MinimumDelta:              defaultMinimumDelta,
		SuppressionWindow:         defaultSuppression,
		HysteresisMargin:          defaultHysteresis,
		TimeThreshold:             defaultDelay,
		TimeThresholds:            map[string]int{"guest": 5, "node": 5, "storage": 5, "pbs": 5},
		MaxAlertAgeDays:           7,
		MaxAcknowledgedAgeDays:    1,
		AutoAcknowledgeAfterHours: 24,
		FlappingEnabled:           true,
		FlappingWindowSeconds:     300,
		FlappingThreshold:         5,
		FlappingCooldownMinutes:   15,
		CriticalMargin:            defaultCriticalMargin,
		CertificateDays:           defaultCertificate,
	}
}

func defaultGuest() ThresholdConfig {
	return ThresholdConfig{
		PoweredOffSeverity: "warning",
		CPU:                threshold(80), Memory: threshold(85), Disk: threshold(90),
		DiskRead: &Threshold{}, DiskWrite: &Threshold{}, NetworkIn: &Threshold{}, NetworkOut: &Threshold{},
	}
}

func defaultNode() ThresholdConfig {
	return ThresholdConfig{
		PoweredOffSeverity: "warning",
		CPU:                threshold(80), Memory: threshold(85), Disk: threshold(90), Temperature: threshold(80),
	}
}

func defaultHost() ThresholdConfig {
	return ThresholdConfig{
		CPU: threshold(80), Memory: threshold(85), Disk: threshold(90), DiskTemperature: threshold(55),
	}
}

func defaultDocker() DockerConfig {
	return DockerConfig{
		CPU: *threshold(80), Memory: *threshold(85), Disk: *threshold(85),
		RestartCount: 3, RestartWindow: 300,
		MemoryWarnPct: 90, MemoryCriticalPct: 95,
		ServiceWarnGapPercent: 10, ServiceCriticalGapPercent: 50,
		StatePoweredOffSeverity: "warning",
		UpdateAlertDelayHours:   24,
	}
}

func defaultPMG() PMGConfig {
	return PMGConfig{
		QueueTotalWarning: 500, QueueTotalCritical: 1000,
		OldestMessageWarnMins: 30, OldestMessageCritMins: 60,
		DeferredQueueWarn: 200, DeferredQueueCritical: 500,
		HoldQueueWarn: 100, HoldQueueCritical: 300,
		QuarantineSpamWarn: 2000, QuarantineSpamCritical: 5000,
		QuarantineVirusWarn: 2000, QuarantineVirusCritical: 5000,
		QuarantineGrowthWarnPct: 25, QuarantineGrowthWarnMin: 250,
		QuarantineGrowthCritPct: 50, QuarantineGrowthCritMin: 500,
	}
}

func defaultSchedule() Schedule {
	return Schedule{
		QuietHours: QuietHours{
			Start: "22:00", End: "08:00", Timezone: localZone(),
			Days: map[string]bool{
				"monday": true, "tuesday": true, "wednesday": true, "thursday": true, "friday": true,
				"saturday": false, "sunday": false,
			},
		},
		Cooldown: 5, MaxAlertsHour: 10, NotifyOnResolve: true,
		Escalation: EscalationConfig{Levels: []EscalationLevel{
			{After: 15, Notify: "email"}, {After: 30, Notify: "webhook"}, {After: 60, Notify: "all"},
		}},
		Grouping: GroupingConfig{Enabled: true, Window: 30, ByNode: true},
	}
}

// threshold returns a trigger with the usual distance to where the alert ends.
func threshold(trigger float64) *Threshold {
	return &Threshold{Trigger: trigger, Clear: max(0, trigger-clearGap)}
}

// localZone returns the name of the machine's time zone, by the variable and the link that name it on Unix systems. Go
// itself only knows the rules of that zone.
func localZone() string {
	names := []string{strings.TrimPrefix(os.Getenv("TZ"), ":")}
	if target, err := os.Readlink("/etc/localtime"); err == nil {
		_, name, _ := strings.Cut(target, "zoneinfo/")
		names = append(names, name)
	}
	for _, name := range names {
		if name == "" || name == "Local" {
			continue
		}
		if _, err := time.LoadLocation(name); err == nil {
			return name
		}
	}
	return "UTC"
}
