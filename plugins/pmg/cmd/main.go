// Command pmg is the plugin pulse.pmg in a program of its own.
package main

import (
	"github.com/pulse-hub/pulse/plugins/pmg"
	"github.com/pulse-hub/pulse/sdk"
)

func main() { sdk.Main(pmg.New()) }
