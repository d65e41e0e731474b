// Package web serves the built web page from inside the binary.
package web

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
)

//go:embed all:dist
var embedded embed.FS

// Assets returns the folder of built files, which holds app/ once the page is
// built and placeholder.html always. It is read-only and safe for concurrent use.
func Assets() fs.FS {
	sub, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(fmt.Sprintf("embedded folder: %v", err)) // dist is a constant valid path
	}
	return sub
}

// Handler serves the embedded page: its assets, and index.html for every path
// of the page itself. Without a built page it serves the placeholder. Mount it
// behind all other routes; it answers GET and HEAD only.
func Handler() http.Handler {
	return newHandler(Assets())
}
