// Command proxmox is the plugin pulse.proxmox in a program of its own.
package main

import (
	"github.com/pulse-hub/pulse/plugins/proxmox"
	"github.com/pulse-hub/pulse/sdk"
)

func main() { sdk.Main(proxmox.New()) }
