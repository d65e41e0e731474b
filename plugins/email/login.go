package email

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

// The ways of logging in, as servers offer them.
const (
	mechanismSCRAM   = "SCRAM-SHA-256"
	mechanismPlain   = "PLAIN"
	mechanismLogin   = "LOGIN"
	mechanismCRAMMD5 = "CRAM-MD5"
)

var (
	// errLogin begins the errors of logging in.
	errLogin = errors.New("login")
	// errMechanism says that the server offers no way of logging in that is allowed.
	errMechanism = errors.New("login is not possible")
	// errEncryption says that the connection cannot be encrypted as is demanded.
	errEncryption = errors.New("no encryption")
)

// logIn logs in if there is something to log in with.
func (n *notifier) logIn(s *session) error {
	user, password := n.config.login()
	s.mechanism = "none"
	if user == "" {
		return nil
	}
	offered, list := s.client.Extension("AUTH")
	if !offered {
		return fmt.Errorf("%w: server takes no login on this connection", errMechanism)
	}
	_, encrypted := s.client.TLSConnectionState()
	mechanism, err := choose(n.config.Auth, strings.Fields(strings.ToUpper(list)), encrypted)
	if err != nil {
		return err
	}
	s.mechanism = mechanism
	if err := s.client.Auth(authOf(mechanism, user, password, n.config.Server)); err != nil {
		return fmt.Errorf("%w: %w", errLogin, err)
	}
	return nil
}

// choose returns the mechanism to use. What is configured by name is used on
// any connection; auto shows a password only to who is on an encrypted one.
func choose(configured string, offered []string, encrypted bool) (string, error) {
	var wanted []string
	switch configured {
	case authPlain:
		wanted = []string{mechanismPlain}
	case authLogin:
		wanted = []string{mechanismLogin}
	case authCRAMMD5:
		wanted = []string{mechanismCRAMMD5}
	default:
		wanted = []string{mechanismSCRAM, mechanismCRAMMD5}
		if encrypted {
			wanted = []string{mechanismSCRAM, mechanismPlain, mechanismLogin, mechanismCRAMMD5}
		}
	}
	for _, mechanism := range wanted {
		if slices.Contains(offered, mechanism) {
			return mechanism, nil
		}
	}
	if !encrypted && configured == authAuto {
		return "", fmt.Errorf("%w: the connection is not encrypted, and the server wants a readable password", errMechanism)
	}
	return "", fmt.Errorf("%w: server offers none of %s", errMechanism, strings.Join(wanted, ", "))
}

func authOf(mechanism, user, password, server string) smtp.Auth {
	const evenPlain = true // choose has decided
	switch mechanism {
	case mechanismSCRAM:
		return smtp.ScramSHA256Auth(user, password)
	case mechanismLogin:
		return smtp.LoginAuth(user, password, server, evenPlain)
	case mechanismCRAMMD5:
		return smtp.CRAMMD5Auth(user, password)
	}
	return smtp.PlainAuth("", user, password, server, evenPlain)
}
