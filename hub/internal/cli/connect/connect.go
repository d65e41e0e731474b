// Package connect is how commands find the hub they are for: by flags, by the environment, or in the usual folders.
package connect

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/config"
)

// Connection is where a command finds the hub. It serves one goroutine.
type Connection struct {
	lookup              func(string) (string, bool)
	dataDir, url, token string
}

// New adds the flags of a connection to a command. The lookup is os.LookupEnv.
func New(lookup func(string) (string, bool), command *cobra.Command) *Connection {
	c := &Connection{lookup: lookup}
	flags := command.PersistentFlags()
	flags.StringVar(&c.dataDir, "data-dir", "", "data folder of the hub (PULSE_DATA_DIR; default /etc/pulse or ./data)")
	flags.StringVar(&c.url, "url", "", "address of a hub elsewhere (PULSE_URL)")
	flags.StringVar(&c.token, "token", "", "API token for --url; better given as PULSE_TOKEN")
	return c
}

func (c *Connection) setting(flag, variable string) string {
	if flag != "" {
		return flag
	}
	value, _ := c.lookup(variable)
	return value
}

// Open returns a client of the hub; the caller closes it. The error is one of usage, or client.ErrNoHub.
func (c *Connection) Open() (*client.Client, error) {
	address := c.setting(c.url, "PULSE_URL")
	if c.dataDir != "" && c.url == "" {
		address = "" // who names a folder means that hub
	}
	if address != "" {
		remote, err := client.Remote(address, c.setting(c.token, "PULSE_TOKEN"))
		if err != nil {
			return nil, &usage.Error{Err: err}
		}
		return remote, nil
	}
	socket, err := c.socket()
	if err != nil {
		return nil, err
	}
	return client.Local(socket), nil
}

// socket returns where the socket of the hub on this machine is.
func (c *Connection) socket() (string, error) {
	if c.dataDir != "" {
		return config.AdminSocket(c.dataDir), nil
	}
	if named, ok := c.lookup("PULSE_ADMIN_SOCKET"); ok && named != "" && named != "off" {
		return named, nil
	}
	if folder, ok := c.lookup("PULSE_DATA_DIR"); ok && folder != "" {
		return config.AdminSocket(folder), nil
	}
	folders := []string{"/etc/pulse", "data"}
	for _, folder := range folders {
		socket := config.AdminSocket(folder)
		if _, err := os.Stat(socket); !errors.Is(err, fs.ErrNotExist) {
			return socket, nil // one that may not be looked at is there
		}
	}
	return "", fmt.Errorf("%w for the folders %s; name the hub's folder with --data-dir, or its address with --url",
		client.ErrNoHub, strings.Join(folders, " or "))
}

// With runs a function with a client of the hub.
func (c *Connection) With(do func(*client.Client) error) error {
	hub, err := c.Open()
	if err != nil {
		return err
	}
	defer hub.Close()
	return do(hub)
}
