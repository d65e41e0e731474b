package virtual

// Detect returns what the system runs in; empty on bare metal and where it is not known.
func Detect() string { return Linux("/") }
