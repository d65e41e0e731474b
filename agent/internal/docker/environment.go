package docker

import (
	"net/url"
	"strings"
)

// mask stands for a value that must not be told.
const mask = "***"

// sensitive are parts of names of variables whose values are not told.
var sensitive = []string{
	"pass", "pwd", "secret", "token", "key", "cred", "auth", "private", "cert", "salt", "signature", "cookie", "session", "dsn", "webhook",
}

// maxEnvironment bounds the variables of one container; maxVariable, each of them, in bytes.
const (
	maxEnvironment = 200
	maxVariable    = 1024
)

// masked returns NAME=value strings fit to be told. What has a sensitive name loses its value, and what looks like a URL
// its password.
func masked(environment []string) []string {
	if len(environment) == 0 {
		return nil
	}
	told := make([]string, 0, min(len(environment), maxEnvironment))
	for _, variable := range environment {
		if len(told) == maxEnvironment {
			break
		}
		name, value, _ := strings.Cut(variable, "=")
		switch {
		case value != "" && isSensitive(name), len(variable) > maxVariable:
			value = mask
		case strings.Contains(value, "@") && strings.Contains(value, "://"):
			value = withoutPassword(value)
		}
		told = append(told, name[:min(len(name), maxVariable)]+"="+value)
	}
	return told
}

func isSensitive(name string) bool {
	name = strings.ToLower(name)
	for _, part := range sensitive {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// withoutPassword masks a URL whose user information it cannot take out alone.
func withoutPassword(value string) string {
	parsed, err := url.Parse(value)
	if err != nil || parsed.User == nil {
		return mask
	}
	if _, has := parsed.User.Password(); !has {
		return mask // a user without a password may be a token
	}
	head, rest, _ := strings.Cut(value, "://")
	return head + "://" + mask + rest[strings.LastIndex(rest[:authority(rest)], "@"):]
}

// authority returns the length of the part of a URL before its path.
func authority(rest string) int {
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return end
	}
	return len(rest)
}
