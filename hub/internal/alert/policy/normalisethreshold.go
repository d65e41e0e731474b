package policy

import "strings"

// normaliseThresholds puts the defaults of all kinds and the overrides in order.
func normaliseThresholds(c *Config) {
	guests, nodes, hosts, pbs := &c.GuestDefaults, &c.NodeDefaults, &c.HostDefaults, &c.PBSDefaults
	normaliseDefaults(guests, ThresholdConfig{}, c.HysteresisMargin)
	normaliseDefaults(nodes, ThresholdConfig{Temperature: threshold(80)}, c.HysteresisMargin)
	normaliseDefaults(hosts, defaultHost(), c.HysteresisMargin)
	normaliseDefaults(pbs, ThresholdConfig{}, c.HysteresisMargin)
	guests.PoweredOffSeverity = severity(guests.PoweredOffSeverity)
	nodes.PoweredOffSeverity = severity(nodes.PoweredOffSeverity)
	c.StorageDefault = c.StorageDefault.orderedDefault(*threshold(85))
	normaliseDocker(&c.DockerDefaults)
	normalisePMG(&c.PMGDefaults)
	c.SnapshotDefaults.normalise()
	c.BackupDefaults.normalise()
	positive(&c.BackupDefaults.FreshHours, 24)
	positive(&c.BackupDefaults.StaleHours, 72)
	if c.Overrides == nil {
		c.Overrides = map[string]ThresholdConfig{}
	}
	for key, override := range c.Overrides {
		override.normalise(c.HysteresisMargin)
		c.Overrides[key] = override
	}
}

// normaliseDefaults puts the defaults of one kind in order. The fallback stands in for negative triggers; where it has
// none they mean off.
func normaliseDefaults(t *ThresholdConfig, fallback ThresholdConfig, margin float64) {
	t.normalise(margin)
	other := fallback.slots()
	for i, s := range t.slots() {
		if *s.threshold == nil {
			continue
		}
		instead := *other[i].threshold
		if instead == nil {
			instead = &Threshold{}
		}
		**s.threshold = (*s.threshold).orderedDefault(*instead)
	}
}

// normalise puts an override, or the thresholds of a rule, in order. Severity that is not set stays so: it is inherited.
func (t *ThresholdConfig) normalise(margin float64) {
	t.modernise(margin)
	for _, s := range t.slots() {
		if *s.threshold != nil {
			**s.threshold = (*s.threshold).ordered()
		}
	}
	if t.PoweredOffSeverity != "" {
		t.PoweredOffSeverity = severity(t.PoweredOffSeverity)
	}
	if t.Backup != nil {
		t.Backup.normalise()
	}
	if t.Snapshot != nil {
		t.Snapshot.normalise()
	}
}

// severity returns "critical" for itself and "warning" for everything else.
func severity(text string) string {
	if strings.EqualFold(strings.TrimSpace(text), "critical") {
		return "critical"
	}
	return "warning"
}

func normaliseDocker(d *DockerConfig) {
	def := defaultDocker()
	d.CPU = d.CPU.orderedDefault(def.CPU)
	d.Memory = d.Memory.orderedDefault(def.Memory)
	d.Disk = d.Disk.orderedDefault(def.Disk)
	positive(&d.RestartCount, def.RestartCount)
	positive(&d.RestartWindow, def.RestartWindow)
	positive(&d.MemoryWarnPct, def.MemoryWarnPct)
	positive(&d.MemoryCriticalPct, def.MemoryCriticalPct)
	positive(&d.ServiceWarnGapPercent, def.ServiceWarnGapPercent)
	d.MemoryCriticalPct = max(d.MemoryCriticalPct, d.MemoryWarnPct)
	positive(&d.ServiceCriticalGapPercent, def.ServiceCriticalGapPercent)
	d.ServiceCriticalGapPercent = max(d.ServiceCriticalGapPercent, d.ServiceWarnGapPercent)
	d.StatePoweredOffSeverity = severity(d.StatePoweredOffSeverity)
	offBelowZero(&d.UpdateAlertDelayHours, def.UpdateAlertDelayHours)
}

func normalisePMG(c *PMGConfig) {
	def := defaultPMG()
	positive(&c.QueueTotalWarning, def.QueueTotalWarning)
	positive(&c.QueueTotalCritical, def.QueueTotalCritical)
	positive(&c.OldestMessageWarnMins, def.OldestMessageWarnMins)
	positive(&c.OldestMessageCritMins, def.OldestMessageCritMins)
	positive(&c.DeferredQueueWarn, def.DeferredQueueWarn)
	positive(&c.DeferredQueueCritical, def.DeferredQueueCritical)
	positive(&c.HoldQueueWarn, def.HoldQueueWarn)
	positive(&c.HoldQueueCritical, def.HoldQueueCritical)
	positive(&c.QuarantineSpamWarn, def.QuarantineSpamWarn)
	positive(&c.QuarantineSpamCritical, def.QuarantineSpamCritical)
	positive(&c.QuarantineVirusWarn, def.QuarantineVirusWarn)
	positive(&c.QuarantineVirusCritical, def.QuarantineVirusCritical)
	positive(&c.QuarantineGrowthWarnPct, def.QuarantineGrowthWarnPct)
	positive(&c.QuarantineGrowthWarnMin, def.QuarantineGrowthWarnMin)
	positive(&c.QuarantineGrowthCritPct, def.QuarantineGrowthCritPct)
	positive(&c.QuarantineGrowthCritMin, def.QuarantineGrowthCritMin)
}

func (s *SnapshotConfig) normalise() {
	orderPair(&s.WarningDays, &s.CriticalDays, maxDays)
	orderPair(&s.WarningSizeGiB, &s.CriticalSizeGiB, maxSizeGiB)
}

func (b *BackupConfig) normalise() {
	orderPair(&b.WarningDays, &b.CriticalDays, maxDays)
	b.FreshHours, b.StaleHours = max(0, b.FreshHours), max(0, b.StaleHours)
}

// orderPair puts two limits in order: they are from 0 to most, critical is what warning is when it is not set, and a
// warning above critical comes down to it.
func orderPair(warning, critical *float64, most float64) {
	*warning, *critical = min(max(0, *warning), most), min(max(0, *critical), most)
	if *critical == 0 {
		*critical = *warning
	}
	*warning = min(*warning, *critical)
}
