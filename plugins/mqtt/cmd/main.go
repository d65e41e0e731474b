// Command mqtt is the plugin pulse.mqtt in a program of its own.
package main

import (
	"github.com/pulse-hub/pulse/plugins/mqtt"
	"github.com/pulse-hub/pulse/sdk"
)

func main() { sdk.Main(mqtt.New()) }
