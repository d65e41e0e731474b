// Package register makes the Proxmox products of this machine known to the hub: it makes an account there that may look at
// everything and change nothing, and tells the hub its token.
package register

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
)

// Errors of [Registrar.Register].
var (
	// ErrNotRoot means that only root may make accounts, and the agent is not.
	ErrNotRoot = errors.New("accounts of Proxmox are made by root alone: run \"pulse-agent register\" as root")
	// ErrNothing means that no product of Proxmox is installed here.
	ErrNothing = errors.New("no product of Proxmox is installed here")
	// errRefused means that the hub does not take the registration.
	errRefused = errors.New("the hub refuses the registration")
)

// Options is what a [Registrar] works with. All are needed.
type Options struct {
	// Type is "pve", "pbs", or "auto" for what is installed.
	Type string
	// URL is the base URL of the hub without a trailing slash, and Token the API token.
	URL, Token string
	// Client posts to it.
	Client *http.Client
	// Hostname is how the machine is called; may be empty.
	Hostname string
	// StateDir is where it is noted that a product is known to the hub.
	StateDir string
	// Command runs programs of the products.
	Command command.Run
	// Root says whether this process is root's.
	Root   bool
	Logger hclog.Logger
}

// Registrar registers once per product. It is used by one goroutine.
type Registrar struct{ Options }

// New returns a registrar. It touches nothing.
func New(options Options) *Registrar { return &Registrar{options} }

// account is what the hub is told.
type account struct {
	Type       string `json:"type"`
	Host       string `json:"host"`
	ServerName string `json:"serverName"`
	TokenID    string `json:"tokenId"`
	TokenValue string `json:"tokenValue"`
	Source     string `json:"source"`
}

// product is one of Proxmox's.
type product struct {
	kind, port string
	program    string   // is there when the product is
	version    []string // its arguments for telling the version
	prepare    func(r *Registrar, ctx context.Context) (tokenID, tokenValue string, err error)
}

func products() []product {
	return []product{
		{"pve", "8006", "pveversion", nil, (*Registrar).preparePVE},
		{"pbs", "8007", "proxmox-backup-manager", []string{"version"}, (*Registrar).preparePBS},
	}
}

// Register makes every product known to the hub that is asked for and is not yet. The error may be several.
func (r *Registrar) Register(ctx context.Context) error {
	var problems []error
	found := false
	for _, each := range products() {
		if r.Type != "auto" && r.Type != each.kind {
			continue
		}
		switch err := r.register(ctx, each); {
		case errors.Is(err, command.ErrNotInstalled):
		case err != nil:
			found = true
			problems = append(problems, fmt.Errorf("%s: %w", each.kind, err))
		default:
			found = true
		}
	}
	if !found {
		return ErrNothing
	}
	return errors.Join(problems...)
}

func (r *Registrar) register(ctx context.Context, each product) error {
	note := filepath.Join(r.StateDir, "proxmox-"+each.kind+"-registered")
	if _, err := os.Stat(note); err == nil {
		return nil
	}
	if _, err := r.say(ctx, each.program, each.version...); err != nil {
		return err
	}
	if !r.Root {
		return ErrNotRoot
	}
	tokenID, tokenValue, err := each.prepare(r, ctx)
	if err != nil {
		return err
	}
	address, err := r.address(ctx)
	if err != nil {
		return err
	}
	known := account{
		Type: each.kind, Host: "https://" + net.JoinHostPort(address, each.port), ServerName: r.Hostname,
		TokenID: tokenID, TokenValue: tokenValue, Source: "agent",
	}
	if err := r.tell(ctx, known); err != nil {
		return err
	}
	r.Logger.Info("known to the hub", "product", each.kind, "host", known.Host, "token_id", tokenID)
	return writeNote(note, known.Host)
}

// writeNote replaces a file as a whole, as the folder may belong to somebody else than this process.
func writeNote(path, content string) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".registered-*")
	if err != nil {
		return fmt.Errorf("note registration: %w", err)
	}
	_, err = file.WriteString(content + "\n")
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // best effort
		return fmt.Errorf("note registration: %w", err)
	}
	return nil
}

// address is that of this machine on the way to the hub. Nothing is sent.
func (r *Registrar) address(ctx context.Context) (string, error) {
	hub, err := url.Parse(r.URL)
	if err != nil {
		return "", errors.New("the address of the hub cannot be read")
	}
	port := hub.Port()
	if port == "" {
		port = "443"
	}
	dialer := net.Dialer{Timeout: 10 * time.Second}
	connection, err := dialer.DialContext(ctx, "udp", net.JoinHostPort(hub.Hostname(), port))
	if err != nil {
		return "", fmt.Errorf("find own address: %w", err)
	}
	defer func() { _ = connection.Close() }() // nothing was written
	host, _, err := net.SplitHostPort(connection.LocalAddr().String())
	return host, err
}

// tell posts the account. The token that was made is in the body alone.
func (r *Registrar) tell(ctx context.Context, known account) error {
	body, err := json.Marshal(known)
	if err != nil {
		return fmt.Errorf("encode registration: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL+"/api/auto-register", bytes.NewReader(body))
	if err != nil {
		return errors.New("the address of the hub cannot be read")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-API-Token", r.Token)
	response, err := r.Client.Do(request)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) { // it holds the URL, which may hold a password
			err = wrapped.Err
		}
		return fmt.Errorf("tell the hub: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // reading is over
	answer, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("tell the hub: %w", err)
	}
	var content struct{ Status string }
	if response.StatusCode != http.StatusOK || json.Unmarshal(answer, &content) != nil || content.Status != "success" {
		const longest = 200 // of outside text in a log
		return fmt.Errorf("%w: status %d %.*s", errRefused, response.StatusCode, longest, strings.TrimSpace(string(answer)))
	}
	return nil
}

// Bounds of the pause between two tries.
const (
	firstPause = time.Minute
	longPause  = time.Hour
)

// Run registers, and tries again until that has worked, nobody can make it work, or the context ends. It returns nil.
func (r *Registrar) Run(ctx context.Context) error {
	pause, said := firstPause, ""
	for {
		err := r.Register(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if text := err.Error(); text != said {
			said = text
			r.Logger.Warn("Proxmox is not known to the hub", "error", err)
		}
		if errors.Is(err, ErrNotRoot) || errors.Is(err, ErrNothing) {
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		pause = min(2*pause, longPause)
	}
}
