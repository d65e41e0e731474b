package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

// sandbox confines with the launcher of the SDK, for which this test binary is
// run once more. Files are allowed generously, ports are not.
func sandbox() conformance.Confine { return confine }

type confinement struct{ spec, report, child, executable *os.File }

func confine(start conformance.ConfinedStart) (conformance.Confinement, error) {
	cmd := start.Command
	spec := launcher.Spec{
		Level: launcher.Confined, Args: cmd.Args, Env: cmd.Env, Dir: cmd.Dir,
		Access: &launcher.Access{
			Read:    []string{"/etc", "/usr", "/lib", "/lib64", "/dev/urandom", "/proc/self", start.Folder},
			Write:   []string{start.DataDir, "/dev/null"},
			Execute: []string{"/lib", "/lib64", "/usr/lib", "/usr/bin", "/usr/local/bin"},
		},
	}
	for _, entry := range pythonPath() {
		_, folders, _ := strings.Cut(entry, "=")
		spec.Access.Execute = append(spec.Access.Execute, filepath.SplitList(folders)...)
	}
	for _, config := range start.Configs {
		for _, need := range start.Manifest.Needs.Network {
			if port, ok := portOf(config, need); ok {
				spec.Access.ConnectPorts = append(spec.Access.ConnectPorts, port)
			}
		}
	}
	data, err := spec.Encode()
	if err != nil {
		return nil, err
	}
	c := &confinement{}
	if err := c.open(data, cmd.Path); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	self, err := os.Executable()
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	cmd.Path, cmd.Args, cmd.Env, cmd.Dir = self, []string{self, launcher.Argument}, []string{}, ""
	cmd.ExtraFiles = []*os.File{c.spec, c.child, c.executable}
	return c, nil
}

func (c *confinement) open(spec []byte, executable string) (err error) {
	if c.executable, err = os.Open(executable); err != nil {
		return err
	}
	if c.report, c.child, err = os.Pipe(); err != nil {
		return err
	}
	var writer *os.File
	if c.spec, writer, err = os.Pipe(); err != nil {
		return err
	}
	defer writer.Close()
	_, err = writer.Write(spec) // short enough for a pipe that nobody reads yet
	return err
}

func (c *confinement) Effective(context.Context) (launcher.Report, error) {
	c.child.Close()
	return launcher.ReadReport(c.report)
}

func (c *confinement) Close() error {
	for _, file := range []io.Closer{c.spec, c.report, c.child, c.executable} {
		_ = file.Close() // some are not open
	}
	return nil
}

// portOf returns the port that a need of the forms "tcp:443" and "instance:url" stands for.
func portOf(config json.RawMessage, need string) (uint16, bool) {
	kind, name, _ := strings.Cut(need, ":")
	text := name
	if kind == "instance" {
		var members map[string]any
		if json.Unmarshal(config, &members) != nil {
			return 0, false
		}
		text = fmt.Sprint(members[name])
		if address, err := url.Parse(text); err == nil && address.Host != "" {
			text = address.Host
		}
		_, text, _ = net.SplitHostPort(text)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return uint16(port), err == nil
}
