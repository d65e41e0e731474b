package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// maxTargets bounds the number of hubs, each of which costs a connection and a place in the spool.
const maxTargets = 16

// errBadTarget does not quote what was given, as that holds a token.
var errBadTarget = errors.New("want url|token")

// resolveTargets makes the list of hubs: the one of --url and --token first, if those are given or nothing else is, then
// the others in their order.
func (l *loader) resolveTargets() error {
	others, err := parseTargets(l.targets)
	if err != nil {
		return fmt.Errorf("--target: %w", err)
	}
	if len(others) == 0 || l.urlGiven || l.token != "" || l.tokenFile != "" {
		if err := l.resolveToken(); err != nil {
			return err
		}
		base, err := cleanURL(l.url)
		if err != nil {
			return fmt.Errorf("--url: %w", err)
		}
		if err := l.token.check(); err != nil {
			return fmt.Errorf("--token: %w", err)
		}
		l.config.Targets = []Target{{URL: base, Token: l.token}}
	}
	for _, other := range others {
		at := slices.IndexFunc(l.config.Targets, func(known Target) bool { return known.URL == other.URL })
		switch {
		case at < 0:
			l.config.Targets = append(l.config.Targets, other)
		case l.config.Targets[at].Token != other.Token:
			return errors.New("--target: the same hub is given with two tokens")
		}
	}
	if len(l.config.Targets) > maxTargets {
		return fmt.Errorf("--target: want at most %d hubs", maxTargets)
	}
	return nil
}

// parseTargets reads "url|token" texts.
func parseTargets(texts []string) ([]Target, error) {
	var targets []Target
	for _, text := range texts {
		address, token, found := strings.Cut(text, "|")
		if !found {
			return nil, errBadTarget
		}
		base, err := cleanURL(strings.TrimSpace(address))
		if err != nil {
			return nil, err
		}
		secret := Secret(strings.TrimSpace(token))
		if secret == "" {
			return nil, errBadTarget
		}
		if err := secret.check(); err != nil {
			return nil, err
		}
		targets = append(targets, Target{URL: base, Token: secret})
	}
	return targets, nil
}

// resolveToken fills in a token from a file when nothing else gave one.
func (l *loader) resolveToken() error {
	if l.token == "" && l.tokenFile != "" {
		token, err := readToken(l.tokenFile, l.source.ReadFile)
		if err != nil {
			return fmt.Errorf("--token-file: %w", err)
		}
		l.token = token
	}
	if l.token == "" {
		token, err := readToken(DefaultTokenFile, l.source.ReadFile)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("default token file: %w", err)
		}
		l.token = token
	}
	if l.token == "" && !l.config.SelfTest {
		return ErrMissingToken
	}
	return nil
}
