package recovery

import "io/fs"

// noFollow is nothing here; that a file is no link is seen before it is opened.
const noFollow = 0

// owned cannot tell: who may write to the folder is a matter of its access list.
func owned(fs.FileInfo) bool { return true }

// ownedOrRoots cannot tell either.
func ownedOrRoots(fs.FileInfo) bool { return true }

// private cannot tell either: the permissions of a file show only whether it is read-only.
func private(fs.FileInfo) bool { return true }
