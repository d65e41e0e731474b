package sandbox

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/pulse-hub/pulse/sdk/launcher"
)

// Own gives a plugin's data folder and what is in it to the plugin's user, or
// without an identity back to the hub's, which a plugin may be that had one. It
// follows no link and leaves out files that have a second name elsewhere, so
// that a plugin cannot have anything else given to it. If the folder is that
// user's already it does nothing.
func Own(dir string, identity *launcher.Identity) error {
	uid, gid := os.Getuid(), os.Getgid()
	if identity != nil {
		uid, gid = int(identity.UID), int(identity.GID)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("own data folder: %w", err)
	}
	if ownedBy(info, uid) {
		return nil
	}
	if err := giveAll(dir, uid, gid); err != nil {
		return fmt.Errorf("own data folder: %w", err)
	}
	return nil
}

func giveAll(dir string, uid, gid int) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		info, err := entry.Info()
		if err != nil || linked(info) {
			return err
		}
		return root.Lchown(path, uid, gid)
	})
	if err != nil {
		return err
	}
	// Last, because it says that all the rest is done.
	return root.Chown(".", uid, gid)
}
