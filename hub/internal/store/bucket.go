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
	Users          Bucket = "users"           // user accounts with their second factors, by name in lower case; sealed
	Roles          Bucket = "roles"           // roles besides the built-in ones, by name
	Sessions       Bucket = "sessions"        // sign-ins, by hash of the session's secret; sealed
	SignIn         Bucket = "sign_in"         // how people may sign in: identity providers, recovery, policy; sealed
	Tokens         Bucket = "tokens"          // API tokens, by id; only hashes of the tokens
	RevokedTokens  Bucket = "revoked_tokens"  // tokens of the configuration that were revoked, by hash
	Licence        Bucket = "licence"         // the licence key; sealed
	Audit          Bucket = "audit"           // the audit log, by number in 16 hex digits, and its anchor
	Updates        Bucket = "updates"         // history of updates of the hub itself
	Events         Bucket = "events"          // changes written down by versions before the audit log, by time
	Secrets        Bucket = "secrets"         // passwords and tokens of monitored systems and channels; sealed
)

// plainBuckets lists the buckets whose values are stored as they are.
func plainBuckets() []Bucket {
	return []Bucket{
		Settings, Instances, Sources, Plugins, PluginState, Channels, Queue, DeadLetters, AlertRules, AlertLog,
		AlertState, AlertIncidents, AlertTimeline, Findings, Metadata, Inventory, Roles, Tokens, RevokedTokens, Audit, Updates,
		Events,
	}
}

// sealedBuckets lists the buckets whose values are encrypted with the key file.
func sealedBuckets() []Bucket {
	return []Bucket{Users, Sessions, SignIn, Licence, Secrets}
}
