package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ErrNeed says that a granted need is none that a sandbox can allow.
var ErrNeed = errors.New("need that the sandbox does not know")

// The forms of a need for the network.
const (
	needTCP      = "tcp:"      // "tcp:443", "tcp:*"
	needInstance = "instance:" // "instance:url", "instance:server.url"
)

// Ports returns the TCP ports that the granted needs stand for, sorted, and
// whether they stand for any port. Needs about a field of the configuration
// are looked up in each of the instances' configurations; fields that are
// missing or name no port give none.
func Ports(needs []string, instances []json.RawMessage) (ports []uint16, anyPort bool, err error) {
	for _, need := range needs {
		if number, ok := strings.CutPrefix(need, needTCP); ok {
			port, valid := parsePort(number)
			if number == "*" {
				return nil, true, nil
			}
			if !valid {
				return nil, false, fmt.Errorf("%w: %q", ErrNeed, need)
			}
			ports = append(ports, port)
			continue
		}
		field, ok := strings.CutPrefix(need, needInstance)
		if !ok {
			return nil, false, fmt.Errorf("%w: %q", ErrNeed, need)
		}
		for _, config := range instances {
			ports = append(ports, portsOf(lookUp(config, field))...)
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports), false, nil
}

// lookUp returns the member of a configuration that a path like "server.url"
// names, nil if there is none.
func lookUp(config json.RawMessage, path string) any {
	var value any
	if json.Unmarshal(config, &value) != nil {
		return nil
	}
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name] // a nil map has none
	}
	return value
}

// portsOf returns the ports that a configured value names: a number, a URL, a
// "host:port", or a list of these.
func portsOf(value any) []uint16 {
	switch value := value.(type) {
	case float64:
		if port := uint16(value); port > 0 && float64(port) == value {
			return []uint16{port}
		}
	case string:
		if port, ok := portOfAddress(value); ok {
			return []uint16{port}
		}
	case []any:
		var ports []uint16
		for _, element := range value {
			if _, nested := element.([]any); !nested {
				ports = append(ports, portsOf(element)...)
			}
		}
		return ports
	}
	return nil
}

func portOfAddress(address string) (uint16, bool) {
	if port, ok := parsePort(address); ok {
		return port, true
	}
	if parsed, err := url.Parse(address); err == nil && parsed.Host != "" {
		if parsed.Port() != "" {
			return parsePort(parsed.Port())
		}
		return schemePort(parsed.Scheme)
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0, false
	}
	return parsePort(port)
}

// schemePort returns the port of a URL that names none.
func schemePort(scheme string) (uint16, bool) {
	port, ok := map[string]uint16{
		"http": 80, "ws": 80, "https": 443, "wss": 443, "ssh": 22, "smtp": 25, "smtps": 465,
		"mqtt": 1883, "mqtts": 8883, "amqp": 5672, "amqps": 5671, "ldap": 389, "ldaps": 636,
	}[scheme]
	return port, ok
}

func parsePort(text string) (uint16, bool) {
	port, err := strconv.ParseUint(text, 10, 16)
	return uint16(port), err == nil && port > 0
}
