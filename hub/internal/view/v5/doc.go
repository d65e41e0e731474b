// Package v5 renders the documented state API, the shapes that clients of
// Pulse v5 read, from a snapshot of the inventory.
//
// Units are those of that API: the cpu of nodes and guests is a fraction from
// 0 to 1, nearly every other ratio is percent; most times are Unix
// milliseconds, those of backups, disks, backup servers and mail gateways are
// RFC 3339.
package v5
