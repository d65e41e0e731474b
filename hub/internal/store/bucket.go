package store

// A Bucket names a set of records. Only the buckets declared in this file exist.
//
// To add one: a constant with a comment on its keys and values, and its name in the plain or the sealed list below.
// Existing files need no migration for it.
type Bucket string

// The buckets of the hub.
const (
	Settings       Bucket = "settings"        // system settings: one JSON record per settings page
	Instances      Bucket = "instances"       // monitored systems that were added by hand, by instance id
	Sources        Bucket = "sources"         // agents and other senders seen, by source id
	Plugins        Bucket = "plugins"         // plugin approvals and settings, by plugin id
	PluginState    Bucket = "plugin_state"    // what plugins keep for themselves, by plugin id, instance id and key
	Channels       Bucket = "channels"        // notification channels, by channel id
	Queue          Bucket = "queue"           // notifications on their way, and the log of deliveries; see package notify
	DeadLetters    Bucket = "dead_letters"    // notifications that were given up, as message/ and their id
	AlertRules     Bucket = "alert_rules"     // alert configuration
	AlertLog       Bucket = "alert_log"       // events of alerts since the checkpoint, by event number in 16 hex digits
	AlertState     Bucket = "alert_state"     // the checkpoint: what alerts are decided by, as one JSON text in parts by number
	AlertIncidents Bucket = "alert_incidents" // one summary of each alert, by alert number in 16 hex digits
	AlertTimeline  Bucket = "alert_timeline"  // events of each alert, by alert number and event number in 16 hex digits each
	Findings       Bucket = "findings"        // findings and conversations of the assistant
	Metadata       Bucket = "metadata"        // notes and links attached to resources, by resource id
	Inventory      Bucket = "inventory"       // last known state of each source, for a warm start
	Users          Bucket = "users"           // user accounts, by name
	Sessions       Bucket = "sessions"        // sign-ins, by hash of the session token
	Tokens         Bucket = "tokens"          // API tokens, by id; only hashes of the tokens
	Updates        Bucket = "updates"         // history of updates of the hub itself
	Events         Bucket = "events"          // what people and the hub changed, by time
	Secrets        Bucket = "secrets"         // passwords and tokens of monitored systems and channels; sealed
)

// plainBuckets lists the buckets whose values are stored as they are.
func plainBuckets() []Bucket {
	return []Bucket{
		Settings, Instances, Sources, Plugins, PluginState, Channels, Queue, DeadLetters, AlertRules, AlertLog,
		AlertState, AlertIncidents, AlertTimeline, Findings, Metadata, Inventory, Users, Sessions, Tokens, Updates, Events,
	}
}

// sealedBuckets lists the buckets whose values are encrypted with the key file.
func sealedBuckets() []Bucket {
	return []Bucket{Secrets}
}
