package sdk

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pulse-hub/pulse/sdk/transport"
)

// certificateField is where the handshake has the plugin's certificate:
// https://github.com/hashicorp/go-plugin/blob/v1.8.0/docs/guide-plugin-write-non-go.md
const certificateField = 5

// announcer gives a process its own identity for mutual TLS instead of the one
// that go-plugin would make, see transport.Identity. go-plugin can be handed
// the identity, but then it leaves the certificate out of the handshake; so
// the handshake is printed to the announcer, which completes it.
type announcer struct {
	hub     string // the hub's certificate
	stdout  *os.File
	printed *os.File      // what go-plugin takes for standard output; nil until secure
	done    chan struct{} // closed when nothing more is announced
}

// secure is a TLSProvider. go-plugin calls it before it prints the handshake.
func (a *announcer) secure() (*tls.Config, error) {
	identity, err := transport.NewIdentity()
	if err != nil {
		return nil, fmt.Errorf("make identity: %w", err)
	}
	config, err := identity.PluginConfig(a.hub)
	if err != nil {
		return nil, err
	}
	printed, input, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make pipe: %w", err)
	}
	a.stdout, a.printed, a.done = os.Stdout, input, make(chan struct{})
	os.Stdout = input // until go-plugin replaces it, which it does after the handshake
	go func() {
		defer close(a.done)
		defer printed.Close()
		announce(a.stdout, printed, identity.Field())
	}()
	return config, nil
}

// close ends what secure has begun. It is called when go-plugin serves no longer.
func (a *announcer) close() {
	if a.printed == nil {
		return
	}
	a.printed.Close()
	<-a.done
}

// announce copies the handshake with the certificate in its place. Without a
// handshake there is nobody to tell of an error: the process is about to end.
func announce(w io.Writer, printed io.Reader, certificate string) {
	line, err := bufio.NewReader(printed).ReadString('\n')
	if err != nil {
		return
	}
	fields := strings.Split(strings.TrimSuffix(line, "\n"), "|")
	if len(fields) > certificateField {
		fields[certificateField] = certificate
	}
	fmt.Fprintln(w, strings.Join(fields, "|"))
}
