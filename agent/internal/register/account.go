package register

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// errAnswer means that a program of Proxmox said something else than expected.
var errAnswer = errors.New("answer cannot be read")

// say runs a program that must not fail, and returns what it wrote.
func (r *Registrar) say(ctx context.Context, program string, args ...string) ([]byte, error) {
	result, err := r.Command(ctx, program, args...)
	if err != nil {
		return nil, err
	}
	if result.ExitCode != 0 {
		return nil, fmt.Errorf("%s ended with %d: %s", program, result.ExitCode, result.Message)
	}
	return result.Stdout, nil
}

// Accounts of the hub, one per product, without a password.
const (
	accountPVE = "pulse-monitor@pam"
	accountPBS = "pulse-monitor@pbs"
)

// versionPVE finds the first number in "pve-manager/8.4.1/2a5fa54a8503f96d (running kernel: …)".
var versionPVE = regexp.MustCompile(`^pve-manager/(\d{1,4})\.`)

// preparePVE makes the account of Proxmox VE with the role PVEAuditor, and a token of its own rights.
func (r *Registrar) preparePVE(ctx context.Context) (tokenID, value string, err error) {
	text, err := r.say(ctx, "pveversion")
	if err != nil {
		return "", "", err
	}
	match := versionPVE.FindSubmatch(bytes.TrimSpace(text))
	if match == nil {
		return "", "", fmt.Errorf("version of Proxmox VE: %w", errAnswer)
	}
	version, _ := strconv.Atoi(string(match[1])) // four digits at most
	name := r.tokenName()
	pveum := func(args ...string) ([]byte, error) { return r.say(ctx, "pveum", args...) }
	err = renew(renewal{
		call: pveum, user: accountPVE, id: "userid", token: name, tokenKey: "tokenid",
		users: []string{"user", "list"}, add: []string{"user", "add", accountPVE, "--comment", "Pulse monitoring, reads only"},
		tokens: []string{"user", "token", "list", accountPVE}, remove: []string{"user", "token", "remove", accountPVE, name},
	})
	if err != nil {
		return "", "", err
	}
	answer, err := pveum("user", "token", "add", accountPVE, name, "--privsep", "1", "--comment", "Pulse monitoring", "--output-format", "json")
	if err != nil {
		return "", "", err
	}
	if value, err = valueIn(answer); err != nil {
		return "", "", err
	}
	tokenID = accountPVE + "!" + name
	return tokenID, value, grantPVE(pveum, tokenID, version)
}

// grantPVE gives the roles. A token has the rights that both its user and itself were given.
func grantPVE(pveum call, tokenID string, version int) error {
	roles := []string{"PVEAuditor"}
	if version < 9 {
		// Up to version 8 asking guest agents needs a right that PVEAuditor lacks; from 9 on it has one of its own.
		const role = "PulseMonitor"
		known, err := lists(pveum, []string{"role", "list"}, "roleid", role)
		if err != nil {
			return err
		}
		verb := "add"
		if known {
			verb = "modify"
		}
		if _, err := pveum("role", verb, role, "--privs", "VM.Monitor"); err != nil {
			return err
		}
		roles = append(roles, role)
	}
	for _, role := range roles {
		if _, err := pveum("acl", "modify", "/", "--users", accountPVE, "--roles", role); err != nil {
			return err
		}
		if _, err := pveum("acl", "modify", "/", "--tokens", tokenID, "--roles", role); err != nil {
			return err
		}
	}
	return nil
}

// preparePBS makes the account of Proxmox Backup Server with the role Audit, and a token.
func (r *Registrar) preparePBS(ctx context.Context) (tokenID, value string, err error) {
	name := r.tokenName()
	tokenID = accountPBS + "!" + name
	manager := func(args ...string) ([]byte, error) { return r.say(ctx, "proxmox-backup-manager", args...) }
	err = renew(renewal{
		call: manager, user: accountPBS, id: "userid", token: tokenID, tokenKey: "tokenid",
		users: []string{"user", "list"}, add: []string{"user", "create", accountPBS, "--comment", "Pulse monitoring, reads only"},
		tokens: []string{"user", "list-tokens", accountPBS}, remove: []string{"user", "delete-token", accountPBS, name},
	})
	if err != nil {
		return "", "", err
	}
	answer, err := manager("user", "generate-token", accountPBS, name, "--comment", "Pulse monitoring")
	if err != nil {
		return "", "", err
	}
	if value, err = valueIn(answer); err != nil {
		return "", "", err
	}
	for _, id := range []string{accountPBS, tokenID} {
		if _, err := manager("acl", "update", "/", "Audit", "--auth-id", id); err != nil {
			return "", "", err
		}
	}
	return tokenID, value, nil
}

// call runs one program with arguments.
type call func(args ...string) ([]byte, error)

// renewal is how a product lists and changes users and their tokens.
type renewal struct {
	call                       call
	user, id, token, tokenKey  string
	users, add, tokens, remove []string
}

// renew makes the user if there is none, and removes its token if there is one: nobody can be told a value again.
func renew(how renewal) error {
	known, err := lists(how.call, how.users, how.id, how.user)
	if err != nil {
		return err
	}
	if !known {
		_, err := how.call(how.add...)
		return err
	}
	known, err = lists(how.call, how.tokens, how.tokenKey, how.token)
	if err != nil || !known {
		return err
	}
	_, err = how.call(how.remove...)
	return err
}

// lists reports whether a list in JSON has an entry with that value of the key.
func lists(run call, args []string, key, value string) (bool, error) {
	answer, err := run(append(args[:len(args):len(args)], "--output-format", "json")...)
	if err != nil {
		return false, err
	}
	var entries []map[string]any
	if err := json.Unmarshal(answer, &entries); err != nil {
		return false, fmt.Errorf("%s: %w", strings.Join(args, " "), errAnswer)
	}
	for _, entry := range entries {
		if entry[key] == value {
			return true, nil
		}
	}
	return false, nil
}

// valueIn finds the value of a new token in JSON, before which there may be a word.
func valueIn(answer []byte) (string, error) {
	begin := bytes.IndexByte(answer, '{')
	var content struct{ Value string }
	if begin < 0 || json.NewDecoder(bytes.NewReader(answer[begin:])).Decode(&content) != nil || content.Value == "" {
		return "", fmt.Errorf("value of the token: %w", errAnswer) // without quoting it
	}
	return content.Value, nil
}

// tokenName names the token after this machine and the hub: members of a cluster share the account, and renewing the token
// of another would end what the hub uses it for.
func (r *Registrar) tokenName() string {
	hub := ""
	if parsed, err := url.Parse(r.URL); err == nil {
		hub = parsed.Hostname()
	}
	name := strings.Map(func(char rune) rune {
		if char >= 'a' && char <= 'z' || char >= '0' && char <= '9' {
			return char
		}
		return '-'
	}, strings.ToLower(r.Hostname+"-"+hub))
	const longest = 60
	return strings.TrimRight("pulse-"+name[:min(len(name), longest)], "-")
}
