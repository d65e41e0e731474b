// Package pulse carries the sources that plugin authors need, exactly as they
// were when the program was built: the SDK, the protocol and the examples.
package pulse

import (
	"embed"
	"io/fs"
)

// Only here can all of them be embedded: a package reaches no folder above its own.
//
//go:embed go.mod go.sum LICENSE
//go:embed sdk proto/gen proto/pulse proto/testdata/pulse.plugin.v1.json
//go:embed plugins/examples/hello-source/main.go plugins/examples/hello-notifier/main.go plugins/examples/hello-ai/main.go
//go:embed plugins/examples/node-hello/plugin.js plugins/examples/node-hello/serve.js plugins/examples/node-hello/plugin.json
//go:embed plugins/examples/node-hello/package.json plugins/examples/node-hello/package-lock.json plugins/examples/node-hello/.npmrc
//go:embed plugins/examples/python-hello/plugin.py plugins/examples/python-hello/serve.py plugins/examples/python-hello/plugin.json
var source embed.FS

// Source returns the embedded files, by their paths in the repository. It is read-only.
func Source() fs.FS { return source }
