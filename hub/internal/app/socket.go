package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// localCallers lets everybody in who could open the socket: the system has
// made sure that it is the hub's own user, or root.
type localCallers struct{}

// Authenticate is part of route.Authenticator.
func (localCallers) Authenticate(*http.Request, auth.Origin) (*auth.Principal, error) {
	return auth.Local(), nil
}

// listenLocal opens the Unix socket for administrators of this machine. What a
// hub that was killed has left behind is removed.
func listenLocal(ctx context.Context, path string) (net.Listener, error) {
	if err := removeStale(ctx, path); err != nil {
		return nil, err
	}
	// It gets its name when it is protected, so that nobody can be quicker.
	private, err := os.MkdirTemp(filepath.Dir(path), ".s-")
	if err != nil {
		return nil, fmt.Errorf("make admin socket: %w", err)
	}
	defer os.RemoveAll(private) // it is empty
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", filepath.Join(private, "s"))
	if err != nil {
		return nil, fmt.Errorf("listen on admin socket: %w", err)
	}
	err = os.Chmod(filepath.Join(private, "s"), 0o600)
	if err == nil {
		err = os.Rename(filepath.Join(private, "s"), path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("protect admin socket: %w", err), listener.Close())
	}
	return &localListener{Listener: listener, path: path}, nil
}

// localListener removes its socket when it is closed.
type localListener struct {
	net.Listener
	path string
	once sync.Once
}

// Close is part of net.Listener.
func (l *localListener) Close() error {
	err := l.Listener.Close()
	l.once.Do(func() { _ = os.Remove(l.path) }) // what stays is removed at the next start
	return err
}

// removeStale removes a socket that nobody serves any more, and nothing else.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at admin socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("admin socket: %s is something else", path)
	}
	dialer := net.Dialer{Timeout: time.Second}
	if conn, err := dialer.DialContext(ctx, "unix", path); err == nil {
		return errors.Join(fmt.Errorf("admin socket: another hub serves %s", path), conn.Close())
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove old admin socket: %w", err)
	}
	return nil
}
