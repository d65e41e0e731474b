// Command pbs is the plugin pulse.pbs in a program of its own.
package main

import (
	"github.com/pulse-hub/pulse/plugins/pbs"
	"github.com/pulse-hub/pulse/sdk"
)

func main() { sdk.Main(pbs.New()) }
