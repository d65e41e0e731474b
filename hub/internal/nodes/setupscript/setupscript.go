// Package setupscript writes the shell script that gives the hub an account on
// a Proxmox server, with no more rights than it reads with.
package setupscript

import (
	_ "embed"
	"errors"
	"net/url"
	"strings"
)

// Errors of parameters.
var (
	// ErrType says that there is no script for the type.
	ErrType = errors.New("there are scripts for pve and pbs")
	// ErrHost says that the address of the server is none.
	ErrHost = errors.New("address of the server is not a URL of http or https")
	// ErrHub says the same of the hub's.
	ErrHub = errors.New("address of the hub is not a URL of http or https")
	// ErrToken says that the setup token cannot be one.
	ErrToken = errors.New("setup token is not hexadecimal")
)

// Parameters are what a script is written for.
type Parameters struct {
	// Type is "pve" or "pbs".
	Type string
	// Host is the URL under which the hub reaches the server; empty: the
	// script takes the server's own name.
	Host string
	// Hub is the URL under which the server reaches the hub.
	Hub string
	// Token is the setup token; empty: the script asks for it.
	Token string
	// Backups grants what is needed to see backups on the storages of PVE.
	Backups bool
}

//go:embed pve.sh
var pveScript string

//go:embed pbs.sh
var pbsScript string

//go:embed register.sh
var registerScript string

// maxURL bounds the addresses, in bytes.
const maxURL = 300

func (p Parameters) check() error {
	switch {
	case p.Type != "pve" && p.Type != "pbs":
		return ErrType
	case p.Host != "" && !isWebURL(p.Host):
		return ErrHost
	case !isWebURL(p.Hub):
		return ErrHub
	case strings.Trim(p.Token, "0123456789abcdefABCDEF") != "" || len(p.Token) > 128:
		return ErrToken
	}
	return nil
}

func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil &&
		len(text) <= maxURL && !strings.ContainsAny(text, " \t\r\n'\"\\`$;|<>(){}")
}

// Script returns the script. It needs bash and curl, and the tools that every
// server of the type has; run again, it renews what it made before.
func Script(p Parameters) (string, error) {
	if err := p.check(); err != nil {
		return "", err
	}
	body := pveScript
	if p.Type == "pbs" {
		body = pbsScript
	}
	backups := "no"
	if p.Backups {
		backups = "yes"
	}
	var script strings.Builder
	script.WriteString("#!/usr/bin/env bash\n")
	for _, value := range []struct{ name, text string }{
		{"PULSE_URL", strings.TrimRight(p.Hub, "/")}, {"SERVER_URL", p.Host}, {"SETUP_TOKEN", p.Token},
		{"SERVER_TYPE", p.Type}, {"BACKUPS", backups}, {"TOKEN_NAME", tokenName(p.Hub)},
	} {
		script.WriteString(value.name + "=" + quote(value.text) + "\n")
	}
	script.WriteString(body)
	script.WriteString(registerScript)
	return script.String(), nil
}

// quote makes one word of the shell out of a text.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// tokenName names the API token after the hub, so that several hubs have one
// each, and one hub that asks again gets the same.
func tokenName(hub string) string {
	host := hub
	if u, err := url.Parse(hub); err == nil {
		host = u.Hostname()
	}
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, strings.ToLower(host))
	const longest = 60
	return strings.TrimRight("pulse-"+name[:min(len(name), longest)], "-")
}
