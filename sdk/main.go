package sdk

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// Main is the main function of a plugin. Started by a hub it serves the
// plugin; with the argument "manifest" it prints plugin.json; with
// "--standalone" it collects once and prints a table. It does not return.
func Main(p *Plugin) {
	os.Exit(run(os.Args[1:], func() *Plugin { return p }))
}

// MainOf is the main function of a program that holds several plugins: the
// first argument is the id of the one to be, the rest is as for Main. Only
// that plugin is made. "manifests DIR" instead writes the plugin.json of each to
// DIR/<id>, for a build to put beside the program, and "__exec" makes it the
// sandbox launcher of any plugin. It does not return.
func MainOf(plugins map[string]func() *Plugin) {
	if len(os.Args) == 2 && os.Args[1] == launcher.Argument {
		os.Exit(launcher.Main())
	}
	if len(os.Args) == 3 && os.Args[1] == "manifests" {
		if err := writeManifests(os.Args[2], plugins); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(os.Args[0]), err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) < 2 || plugins[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "the first argument must be one of these plugins:")
		for _, id := range slices.Sorted(maps.Keys(plugins)) {
			fmt.Fprintln(os.Stderr, " ", id)
		}
		os.Exit(2)
	}
	os.Exit(run(os.Args[2:], plugins[os.Args[1]]))
}

// run does what the arguments say and returns the exit code.
func run(args []string, make func() *Plugin) int {
	var err error
	switch {
	case len(args) > 0 && args[0] == "manifest":
		err = printManifest(os.Stdout, make())
	case len(args) > 0 && args[0] == "--standalone":
		err = standalone(make(), args[1:], os.Stdout)
	case os.Getenv(transport.CookieKey) != transport.CookieValue:
		fmt.Fprintf(os.Stderr, "this is a Pulse plugin; install it with: pulse plugin install %s\n", os.Args[0])
		return 1
	default:
		err = Serve(make())
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(os.Args[0]), err)
		return 1
	}
	return 0
}

func printManifest(w io.Writer, p *Plugin) error {
	m, err := p.Manifest()
	if err != nil {
		return err
	}
	data, err := m.Encode()
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// Serve serves the plugin to the hub that started this process and returns
// when the hub says to stop. If the hub dies, the process exits.
func Serve(p *Plugin) error {
	log := hclog.New(&hclog.LoggerOptions{
		Name:       p.identity.ID,
		Level:      hclog.Info,
		Output:     os.Stderr, // taken now: go-plugin replaces it
		JSONFormat: true,
	})
	server, err := NewServer(p, log)
	if err != nil {
		return err
	}
	exit := func(reason string) {
		log.Info("hub is gone", "reason", reason)
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			server.Close()
		}()
		select {
		case <-closed:
		case <-time.After(exitGrace):
		}
		os.Exit(0)
	}
	// These two end with the process and not before: they are what ends it.
	go exitAtEOF(os.Stdin, exit)
	go exitWhenOrphaned(exit)
	server.Serve(nil)
	return server.Close()
}

const (
	// exitGrace is how long instances may take to close when the hub is gone.
	exitGrace = time.Second
	// parentPoll is how often the second line of defence looks.
	parentPoll = time.Second
)

// exitAtEOF exits when the hub's end of standard input is closed, which it is
// however the hub ends. Whatever else standard input is (a terminal, the null
// device) says nothing about the hub.
func exitAtEOF(stdin *os.File, exit func(reason string)) {
	info, err := stdin.Stat()
	if err != nil || info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) == 0 {
		return
	}
	_, _ = io.Copy(io.Discard, stdin) // an error ends the pipe as well
	exit("standard input closed")
}

// exitWhenOrphaned exits when the parent process has changed, for hubs that hold no pipe.
func exitWhenOrphaned(exit func(reason string)) {
	parent := os.Getppid()
	for range time.Tick(parentPoll) {
		if os.Getppid() != parent {
			exit("parent process ended")
			return
		}
	}
}
