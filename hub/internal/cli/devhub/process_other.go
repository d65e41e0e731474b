//go:build !unix

package devhub

import "os/exec"

// endGently leaves it at killing: there is no signal to end a process with.
func endGently(*exec.Cmd) {}
