// Command webhook is the plugin pulse.webhook in a program of its own.
package main

import (
	"github.com/pulse-hub/pulse/plugins/webhook"
	"github.com/pulse-hub/pulse/sdk"
)

func main() { sdk.Main(webhook.New()) }
