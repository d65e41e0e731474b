package authorcmd

import (
	"context"
	"fmt"
	"os"

	"github.com/pulse-hub/pulse/hub/internal/cli/project"
)

// prepare makes the plugin at the path runnable. cleanUp removes what was made for it.
func prepare(ctx context.Context, path string) (plugin *project.Runnable, cleanUp func(), err error) {
	found, err := project.Open(path)
	if err != nil {
		return nil, nil, err
	}
	folder, err := os.MkdirTemp("", "pulse-plugin-")
	if err != nil {
		return nil, nil, fmt.Errorf("make folder: %w", err)
	}
	cleanUp = func() { _ = os.RemoveAll(folder) } // what stays is in the folder for temporary files
	if plugin, err = found.Prepare(ctx, folder); err != nil {
		cleanUp()
		return nil, nil, err
	}
	return plugin, cleanUp, nil
}
