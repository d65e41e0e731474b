// Command email is the plugin pulse.email in a program of its own.
package main

import (
	"github.com/pulse-hub/pulse/plugins/email"
	"github.com/pulse-hub/pulse/sdk"
)

func main() { sdk.Main(email.New()) }
