// Command faulty is the faulty plugin as a program of its own, for tests whose
// own binary would not start under the limits of a sandbox, as one with the
// race detector does not. It also holds the sandbox's launcher.
package main

import (
	"os"

	"github.com/pulse-hub/pulse/hub/internal/plugin/faultplugin"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == launcher.Argument {
		os.Exit(launcher.Main())
	}
	if len(os.Args) == 2 && os.Args[1] == faultplugin.ID { // as a bundled plugin
		mode, err := os.ReadFile(faultplugin.ModeFile)
		if err != nil {
			panic(err)
		}
		os.Args = append(os.Args[:1], faultplugin.Arguments(faultplugin.Mode(mode))...)
	}
	faultplugin.Main()
	os.Exit(2) // it is no use by hand
}
