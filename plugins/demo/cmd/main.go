// Command demo is the plugin pulse.demo in a program of its own.
package main

import (
	"github.com/pulse-hub/pulse/plugins/demo"
	"github.com/pulse-hub/pulse/sdk"
)

func main() { sdk.Main(demo.New()) }
