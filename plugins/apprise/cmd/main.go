// Command apprise is the plugin pulse.apprise in a program of its own.
package main

import (
	"github.com/pulse-hub/pulse/plugins/apprise"
	"github.com/pulse-hub/pulse/sdk"
)

func main() { sdk.Main(apprise.New()) }
