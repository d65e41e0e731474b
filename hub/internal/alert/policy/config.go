package policy

// Config is the configuration of alerts as it is stored and as the API gives and takes it. Field names, units and the
// meaning of zero values are those of the published API, but for the last group, which is new.
type Config struct {
	Enabled                bool       `json:"enabled"`
	ActivationState        Activation `json:"activationState"`
	ActivationTime         string     `json:"activationTime,omitempty"` // RFC 3339
	ObservationWindowHours int        `json:"observationWindowHours"`

	GuestDefaults    ThresholdConfig `json:"guestDefaults"`
	NodeDefaults     ThresholdConfig `json:"nodeDefaults"`
	HostDefaults     ThresholdConfig `json:"hostDefaults"`
	StorageDefault   Threshold       `json:"storageDefault"`
	DockerDefaults   DockerConfig    `json:"dockerDefaults"`
	PMGDefaults      PMGConfig       `json:"pmgDefaults"`
	PBSDefaults      ThresholdConfig `json:"pbsDefaults"`
	SnapshotDefaults SnapshotConfig  `json:"snapshotDefaults"`
	BackupDefaults   BackupConfig    `json:"backupDefaults"`

	Overrides   map[string]ThresholdConfig `json:"overrides"`
	CustomRules []CustomRule               `json:"customRules,omitempty"`

	DockerIgnoredContainerPrefixes []string `json:"dockerIgnoredContainerPrefixes,omitempty"`
	IgnoredGuestPrefixes           []string `json:"ignoredGuestPrefixes,omitempty"`
	GuestTagWhitelist              []string `json:"guestTagWhitelist,omitempty"`
	GuestTagBlacklist              []string `json:"guestTagBlacklist,omitempty"`

	Schedule Schedule `json:"schedule"`

	DisableAllNodes              bool `json:"disableAllNodes"`
	DisableAllGuests             bool `json:"disableAllGuests"`
	DisableAllHosts              bool `json:"disableAllHosts"`
	DisableAllStorage            bool `json:"disableAllStorage"`
	DisableAllPBS                bool `json:"disableAllPBS"`
	DisableAllPMG                bool `json:"disableAllPMG"`
	DisableAllDockerHosts        bool `json:"disableAllDockerHosts"`
	DisableAllDockerContainers   bool `json:"disableAllDockerContainers"`
	DisableAllDockerServices     bool `json:"disableAllDockerServices"`
	DisableAllNodesOffline       bool `json:"disableAllNodesOffline"`
	DisableAllGuestsOffline      bool `json:"disableAllGuestsOffline"`
	DisableAllHostsOffline       bool `json:"disableAllHostsOffline"`
	DisableAllPBSOffline         bool `json:"disableAllPBSOffline"`
	DisableAllPMGOffline         bool `json:"disableAllPMGOffline"`
	DisableAllDockerHostsOffline bool `json:"disableAllDockerHostsOffline"`

	MinimumDelta      float64 `json:"minimumDelta"`      // in the unit of the value
	SuppressionWindow int     `json:"suppressionWindow"` // minutes
	HysteresisMargin  float64 `json:"hysteresisMargin"`
	// TimeThreshold is for how many seconds a metric must be bad; the maps say so by kind, and by kind and metric. See
	// Policy.Delay.
	TimeThreshold        int                       `json:"timeThreshold"`
	TimeThresholds       map[string]int            `json:"timeThresholds"`
	MetricTimeThresholds map[string]map[string]int `json:"metricTimeThresholds"`

	MaxAlertAgeDays           int `json:"maxAlertAgeDays"`
	MaxAcknowledgedAgeDays    int `json:"maxAcknowledgedAgeDays"`
	AutoAcknowledgeAfterHours int `json:"autoAcknowledgeAfterHours"`

	FlappingEnabled         bool `json:"flappingEnabled"`
	FlappingWindowSeconds   int  `json:"flappingWindowSeconds"`
	FlappingThreshold       int  `json:"flappingThreshold"`
	FlappingCooldownMinutes int  `json:"flappingCooldownMinutes"`

	// What follows is new; a client that does not know it leaves it alone.

	// CriticalMargin is how far above its trigger a value is critical, in its unit, where a threshold has no critical
	// trigger of its own; 0: 10.
	CriticalMargin float64 `json:"criticalMargin,omitempty"`
	// Maintenance are windows in which nobody is told of resources.
	Maintenance []Maintenance `json:"maintenance,omitempty"`
	// QueryRules are rules in PromQL over history.
	QueryRules []QueryRule `json:"queryRules,omitempty"`
	// CertificateDays are how many days before the end of a certificate there is a warning; 0: 14, negative: never.
	CertificateDays int `json:"certificateDays,omitempty"`
	// DisabledTypes are types of alerts that are not wanted at all.
	DisabledTypes []string `json:"disabledTypes,omitempty"`
}

// Activation says whether people are told anything.
type Activation string

// The states of activation. Only in Active people are told.
const (
	PendingReview Activation = "pending_review"
	Active        Activation = "active"
	Snoozed       Activation = "snoozed"
)

// Threshold is where alerts of a metric begin and end. A trigger of 0 or less: never.
type Threshold struct {
	Trigger float64 `json:"trigger"`
	Clear   float64 `json:"clear"`
	// Critical is where the level becomes critical; 0: Config.CriticalMargin above the trigger.
	Critical float64 `json:"critical,omitempty"`
}

// ThresholdConfig are thresholds of one kind of resource, or of one. Nil: as the defaults have it; in defaults: off. The
// legacy numbers are triggers that old clients send; they become thresholds where there is none, and are not kept.
type ThresholdConfig struct {
	Disabled            bool   `json:"disabled,omitempty"`
	DisableConnectivity bool   `json:"disableConnectivity,omitempty"`
	PoweredOffSeverity  string `json:"poweredOffSeverity,omitempty"` // "warning", "critical"; empty: as the defaults have it

	CPU             *Threshold `json:"cpu,omitempty"`
	Memory          *Threshold `json:"memory,omitempty"`
	Disk            *Threshold `json:"disk,omitempty"`
	DiskRead        *Threshold `json:"diskRead,omitempty"`
	DiskWrite       *Threshold `json:"diskWrite,omitempty"`
	NetworkIn       *Threshold `json:"networkIn,omitempty"`
	NetworkOut      *Threshold `json:"networkOut,omitempty"`
	Usage           *Threshold `json:"usage,omitempty"`
	Temperature     *Threshold `json:"temperature,omitempty"`
	DiskTemperature *Threshold `json:"diskTemperature,omitempty"`

	Backup   *BackupConfig   `json:"backup,omitempty"`
	Snapshot *SnapshotConfig `json:"snapshot,omitempty"`
	Note     string          `json:"note,omitempty"`

	CPULegacy        *float64 `json:"cpuLegacy,omitempty"`
	MemoryLegacy     *float64 `json:"memoryLegacy,omitempty"`
	DiskLegacy       *float64 `json:"diskLegacy,omitempty"`
	DiskReadLegacy   *float64 `json:"diskReadLegacy,omitempty"`
	DiskWriteLegacy  *float64 `json:"diskWriteLegacy,omitempty"`
	NetworkInLegacy  *float64 `json:"networkInLegacy,omitempty"`
	NetworkOutLegacy *float64 `json:"networkOutLegacy,omitempty"`
}

// DockerConfig are the thresholds of containers and Swarm services.
type DockerConfig struct {
	CPU    Threshold `json:"cpu"`
	Memory Threshold `json:"memory"`
	Disk   Threshold `json:"disk"`

	RestartCount              int     `json:"restartCount"`
	RestartWindow             int     `json:"restartWindow"` // seconds
	MemoryWarnPct             float64 `json:"memoryWarnPct"`
	MemoryCriticalPct         float64 `json:"memoryCriticalPct"`
	ServiceWarnGapPercent     float64 `json:"serviceWarnGapPercent"`
	ServiceCriticalGapPercent float64 `json:"serviceCriticalGapPercent"`
	StateDisableConnectivity  bool    `json:"stateDisableConnectivity,omitempty"`
	StatePoweredOffSeverity   string  `json:"statePoweredOffSeverity"`
	UpdateAlertDelayHours     int     `json:"updateAlertDelayHours"` // negative: off
}

// PMGConfig are the thresholds of mail gateways: counts, minutes and percent.
type PMGConfig struct {
	QueueTotalWarning       int `json:"queueTotalWarning"`
	QueueTotalCritical      int `json:"queueTotalCritical"`
	OldestMessageWarnMins   int `json:"oldestMessageWarnMins"`
	OldestMessageCritMins   int `json:"oldestMessageCritMins"`
	DeferredQueueWarn       int `json:"deferredQueueWarn"`
	DeferredQueueCritical   int `json:"deferredQueueCritical"`
	HoldQueueWarn           int `json:"holdQueueWarn"`
	HoldQueueCritical       int `json:"holdQueueCritical"`
	QuarantineSpamWarn      int `json:"quarantineSpamWarn"`
	QuarantineSpamCritical  int `json:"quarantineSpamCritical"`
	QuarantineVirusWarn     int `json:"quarantineVirusWarn"`
	QuarantineVirusCritical int `json:"quarantineVirusCritical"`
	QuarantineGrowthWarnPct int `json:"quarantineGrowthWarnPct"`
	QuarantineGrowthWarnMin int `json:"quarantineGrowthWarnMin"`
	QuarantineGrowthCritPct int `json:"quarantineGrowthCritPct"`
	QuarantineGrowthCritMin int `json:"quarantineGrowthCritMin"`
}

// SnapshotConfig says how old and how large snapshots may be. 0: any.
type SnapshotConfig struct {
	Enabled         bool    `json:"enabled"`
	WarningDays     float64 `json:"warningDays"`
	CriticalDays    float64 `json:"criticalDays"`
	WarningSizeGiB  float64 `json:"warningSizeGiB,omitempty"`
	CriticalSizeGiB float64 `json:"criticalSizeGiB,omitempty"`
}

// BackupConfig says how old the newest backup may be. FreshHours and StaleHours only colour the page.
type BackupConfig struct {
	Enabled      bool    `json:"enabled"`
	WarningDays  float64 `json:"warningDays"`
	CriticalDays float64 `json:"criticalDays"`
	FreshHours   float64 `json:"freshHours,omitempty"`
	StaleHours   float64 `json:"staleHours,omitempty"`
	// IgnoreMissing leaves guests alone that have no backup at all; it is new.
	IgnoreMissing bool `json:"ignoreMissing,omitempty"`
}

// CustomRule gives guests that match its filters thresholds of their own.
type CustomRule struct {
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	Description      string            `json:"description,omitempty"`
	FilterConditions FilterStack       `json:"filterConditions"`
	Thresholds       ThresholdConfig   `json:"thresholds"`
	Priority         int               `json:"priority"`
	Enabled          bool              `json:"enabled"`
	Notifications    RuleNotifications `json:"notifications"`
	CreatedAt        string            `json:"createdAt,omitempty"`
	UpdatedAt        string            `json:"updatedAt,omitempty"`
}

// FilterStack joins conditions. A LogicalOperator other than "AND" means "OR"; without filters every guest matches.
type FilterStack struct {
	Filters         []FilterCondition `json:"filters"`
	LogicalOperator string            `json:"logicalOperator"`
}

// FilterCondition is one condition of type "metric", "text" or "raw".
type FilterCondition struct {
	Type     string `json:"type"`
	Field    string `json:"field,omitempty"`
	Operator string `json:"operator,omitempty"`
	Value    any    `json:"value,omitempty"`
	RawText  string `json:"rawText,omitempty"`
}

// RuleNotifications is kept for clients that store it; routes of notifications decide.
type RuleNotifications struct {
	Email   *RuleEmail   `json:"email,omitempty"`
	Webhook *RuleWebhook `json:"webhook,omitempty"`
}

// RuleEmail is kept only.
type RuleEmail struct {
	Enabled    bool     `json:"enabled"`
	Recipients []string `json:"recipients"`
}

// RuleWebhook is kept only.
type RuleWebhook struct {
	Enabled bool   `json:"enabled"`
	URL     string `json:"url"`
}

// Schedule says when and how often people are told.
type Schedule struct {
	QuietHours      QuietHours       `json:"quietHours"`
	Cooldown        int              `json:"cooldown"` // minutes until people are told again of what goes on; 0: once
	GroupingWindow  int              `json:"groupingWindow,omitempty"`
	MaxAlertsHour   int              `json:"maxAlertsHour"` // 0: any number
	NotifyOnResolve bool             `json:"notifyOnResolve"`
	Escalation      EscalationConfig `json:"escalation"`
	Grouping        GroupingConfig   `json:"grouping"`
}

// QuietHours are hours in which people are told only what cannot wait.
type QuietHours struct {
	Enabled  bool            `json:"enabled"`
	Start    string          `json:"start"` // "HH:MM"
	End      string          `json:"end"`
	Timezone string          `json:"timezone"` // IANA; empty: that of the hub's machine
	Days     map[string]bool `json:"days"`     // "monday" … "sunday": the day on which the window begins; empty: each day
	Suppress QuietCategories `json:"suppress"`
}

// QuietCategories are those in which critical alerts can wait too.
type QuietCategories struct {
	Performance bool `json:"performance"`
	Storage     bool `json:"storage"`
	Offline     bool `json:"offline"`
}

// EscalationConfig says who is told when nobody acknowledges.
type EscalationConfig struct {
	Enabled bool              `json:"enabled"`
	Levels  []EscalationLevel `json:"levels"`
}

// EscalationLevel is one step.
type EscalationLevel struct {
	After  int    `json:"after"`  // minutes
	Notify string `json:"notify"` // "email", "webhook", "all"
}

// GroupingConfig is for notifications.
type GroupingConfig struct {
	Enabled bool `json:"enabled"`
	Window  int  `json:"window"` // seconds
	ByNode  bool `json:"byNode"`
	ByGuest bool `json:"byGuest"`
}

// Maintenance is a window in which nobody is told of some resources.
type Maintenance struct {
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
	// From and To are RFC 3339.
	From string `json:"from"`
	To   string `json:"to"`
	// Resources are resource ids of the API, Tags tags of resources, Nodes names of nodes with all that is on them. A
	// window without any of them is for everything.
	Resources []string `json:"resources,omitempty"`
	Tags      []string `json:"tags,omitempty"`
	Nodes     []string `json:"nodes,omitempty"`
}

// QueryRule is a rule in PromQL: each series of the result is an alert.
type QueryRule struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Expr    string `json:"expr"`
	Level   string `json:"level"`           // "warning", "critical"
	For     int    `json:"for,omitempty"`   // seconds
	Every   int    `json:"every,omitempty"` // seconds between evaluations, 10 or more; 0: 60
	Message string `json:"message,omitempty"`
	Enabled bool   `json:"enabled"`
}
