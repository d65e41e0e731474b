// Package resources renders the unified view: every machine, guest, container
// and service in one shape, whatever it came from.
//
// It has two encodings of one shape. Over HTTP, lastSeen is RFC 3339 and there
// is a schemaVersion; in the feeds lastSeen is Unix milliseconds. Ratios are
// percent, sizes bytes, durations seconds in both.
package resources
