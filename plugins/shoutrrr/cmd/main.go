// Command shoutrrr is the plugin pulse.shoutrrr in a program of its own.
package main

import (
	"github.com/pulse-hub/pulse/plugins/shoutrrr"
	"github.com/pulse-hub/pulse/sdk"
)

func main() { sdk.Main(shoutrrr.New()) }
