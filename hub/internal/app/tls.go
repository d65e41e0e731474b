package app

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/tlsfile"
)

// certificate is what a server shows; without a pair it serves plain HTTP.
type certificate struct{ pair *tlsfile.Pair }

func newCertificate(c *config.Config, logger hclog.Logger) (certificate, error) {
	if !c.HTTPS {
		return certificate{}, nil
	}
	pair, err := tlsfile.Open(c.TLSCert, c.TLSKey, logger)
	return certificate{pair}, err
}

// watch takes in renewed certificates until ctx ends: SIGHUP says to look now.
func (c certificate) watch(ctx context.Context) error {
	if c.pair == nil {
		return nil
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	return c.pair.Run(ctx, hangups)
}

// serve serves a listener until the server is closed.
func (c certificate) serve(server *http.Server, listener net.Listener) error {
	if c.pair == nil {
		return server.Serve(listener)
	}
	server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.pair.GetCertificate}
	return server.ServeTLS(listener, "", "")
}
