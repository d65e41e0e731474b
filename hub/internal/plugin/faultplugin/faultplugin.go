// Package faultplugin is a plugin that misbehaves on demand: the real process
// in tests of everything that has to live with plugins.
//
// A test binary becomes the plugin by calling Main first thing in TestMain.
package faultplugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// argument is what makes a test binary the plugin.
const argument = "run-as-faulty-plugin"

// ID is the plugin's id, Version its version.
const (
	ID      = "test.faulty"
	Version = "1.2.3"
)

// Mode is the way in which the process misbehaves.
type Mode string

// The modes.
const (
	Good       Mode = "good"        // not at all
	Garbage    Mode = "garbage"     // prints a line before the handshake
	Flood      Mode = "flood"       // writes 1 MiB without a newline to standard output, then works
	Chatty     Mode = "chatty"      // writes 20,000 lines to standard output, then works
	Newer      Mode = "newer"       // speaks a later version of the protocol only
	Certified  Mode = "certified"   // gives a certificate in its handshake that nobody asked for
	PanicStart Mode = "panic-start" // panics before the handshake
	EndStart   Mode = "end-start"   // ends with code 7 before the handshake
	Silent     Mode = "silent"      // never gives a handshake
	Parent     Mode = "parent"      // has a child that holds its output
	Hermit     Mode = "hermit"      // ignores the end of standard input
	Stranger   Mode = "stranger"    // says that it is another plugin
	Picky      Mode = "picky"       // refuses every configuration
	Authored   Mode = "authored"    // is made with the SDK, as its users do
	sleeper    Mode = "sleeper"     // the child of Parent
)

// ModeFile lies in the plugin's own folder and says how it misbehaves, where
// nobody can give it arguments: the program started as a bundled plugin reads it.
const ModeFile = "mode"

// Executable returns path and arguments that run this test binary as the plugin.
func Executable(mode Mode) (path string, args []string) {
	path, err := os.Executable()
	if err != nil {
		panic(err) // a test binary always knows its own path
	}
	return path, Arguments(mode)
}

// Arguments returns the arguments that make the program the plugin: a test
// binary, or the command faulty.
func Arguments(mode Mode) []string { return []string{argument, string(mode)} }

// Main runs the plugin and exits if the process was started as one, and returns otherwise.
func Main() {
	if len(os.Args) < 3 || os.Args[1] != argument {
		return
	}
	mode := Mode(os.Args[2])
	if mode == Authored {
		if err := sdk.Serve(authored()); err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	misbehave(mode)
	if mode != Hermit {
		go endWithHub()
	}
	serve(mode)
	os.Exit(0)
}

// misbehave does what a mode does before the handshake.
func misbehave(mode Mode) {
	switch mode {
	case Garbage:
		fmt.Println("Welcome to the faulty plugin!")
	case Certified:
		identity, err := transport.NewIdentity()
		if err != nil {
			panic(err)
		}
		fmt.Println("1|1|unix|/nowhere|grpc|" + identity.Field())
		time.Sleep(time.Hour)
	case PanicStart:
		fmt.Fprintln(os.Stderr, "about to fail: no such device")
		panic("cannot start")
	case EndStart:
		os.Exit(7)
	case Silent, sleeper:
		time.Sleep(time.Hour)
	case Parent:
		path, args := Executable(sleeper)
		child := exec.CommandContext(context.Background(), path, args...) // outlives its parent on purpose
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			panic(err)
		}
		fmt.Fprintf(os.Stderr, "child %d\n", child.Process.Pid)
	}
}

// endWithHub ends the process when nobody holds the other end of its standard input.
func endWithHub() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func serve(mode Mode) {
	original := os.Stdout // go-plugin replaces it
	server := newServer(mode)
	config := &plugin.ServeConfig{
		HandshakeConfig:  transport.Handshake(),
		VersionedPlugins: transport.ServerPlugins(server.services()),
		GRPCServer:       plugin.DefaultGRPCServer,
		Logger:           hclog.New(&hclog.LoggerOptions{Output: os.Stderr, JSONFormat: true, Level: hclog.Info}),
	}
	if mode == Flood {
		server.onInit = func() { _, _ = original.WriteString(strings.Repeat("x", 1<<20)) }
	}
	if mode == Chatty {
		server.onInit = func() {
			for i := range 20_000 {
				fmt.Fprintf(original, "line %d of many, each with some more text to make it about fifty\n", i)
			}
		}
	}
	if mode == Newer {
		config.VersionedPlugins = map[int]plugin.PluginSet{transport.ProtocolVersion + 1: config.VersionedPlugins[transport.ProtocolVersion]}
	}
	config.Logger.Info("faulty plugin starts", "mode", string(mode))
	plugin.Serve(config)
}

// wait blocks until the call is over.
func wait(ctx context.Context) error {
	<-ctx.Done()
	return errors.New("the call was given up")
}
