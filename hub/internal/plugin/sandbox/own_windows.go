package sandbox

import "io/fs"

// ownedBy is true: there are no such users here to give anything to.
func ownedBy(fs.FileInfo, int) bool { return true }

// linked is not asked where ownedBy is always true.
func linked(fs.FileInfo) bool { return true }
