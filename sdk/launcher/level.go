package launcher

import "strconv"

// Level says how far a plugin is confined. Each level includes those below it.
type Level int

// The levels, from a process of its own to a user of its own.
const (
	// Process is a process of its own with a clean environment. The launcher has no part in it.
	Process Level = iota
	// Limited adds limits on memory and files, no way to gain rights, and a back seat when the machine is short of anything.
	Limited
	// Confined adds that only the named files, folders and TCP ports can be reached, no program can be
	// run, and no other process can be signalled.
	Confined
	// Separate adds a user and group of its own.
	Separate
)

// String returns "L0" to "L3".
func (l Level) String() string { return "L" + strconv.Itoa(int(l)) }
