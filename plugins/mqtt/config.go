package mqtt

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"strings"
	"unicode"

	"github.com/pulse-hub/pulse/sdk"
)

// config is the configuration of an instance.
type config struct {
	URL         string     `json:"url" title:"Broker" description:"mqtt, mqtts, ws or wss. Without a port it is 1883, 8883, 80 or 443." format:"uri" required:"true" max:"300" x-pulse-group:"Broker" x-pulse-placeholder:"mqtt://broker.example.com"`
	Username    string     `json:"username" title:"User" max:"300" x-pulse-group:"Broker"`
	Password    sdk.Secret `json:"password" title:"Password" x-pulse-group:"Broker"`
	TopicPrefix string     `json:"topicPrefix" title:"Topic" description:"What the topics of all messages begin with." default:"pulse" max:"200" x-pulse-group:"Messages"`
	QoS         int        `json:"qos" title:"Quality of service" description:"0: perhaps, 1: at least once, 2: exactly once. With 0 nobody says that a message has arrived." min:"0" max:"2" default:"1" x-pulse-group:"Messages"`
	Retain      bool       `json:"retain" title:"Keep alerts" description:"The broker keeps each alert until it is over and tells it to whoever comes later. It always keeps the state." default:"false" x-pulse-group:"Messages"`
	Discovery   string     `json:"homeAssistant" title:"Home Assistant" description:"Prefix of its discovery, usually homeassistant. Each resource with an alert then becomes a problem sensor there, until it has none. Empty: none." max:"200" x-pulse-group:"Messages" x-pulse-placeholder:"homeassistant"`

	CACertificate      string `json:"caCertificate" title:"Certificate authority" description:"Certificates of the authority in PEM form, if the system does not trust it by itself." format:"multiline" max:"50000" x-pulse-group:"Certificate"`
	InsecureSkipVerify bool   `json:"insecureSkipVerify" title:"Do not check the certificate" description:"Anybody on the way can then read the password." default:"false" x-pulse-group:"Certificate"`

	Instance sdk.Instance `json:"-"`
}

// broker is where to connect.
type broker struct {
	url       *url.URL
	address   string // host and port
	websocket bool
	encrypted bool
}

// broker reads the URL.
func (c *config) broker() (broker, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" {
		return broker{}, sdk.FieldError{Path: "/url", Message: "must be a URL like mqtt://host"}
	}
	if u.User != nil {
		return broker{}, sdk.FieldError{Path: "/url", Message: "must not hold the login: it has fields of its own"}
	}
	b := broker{url: u}
	var port string
	switch strings.ToLower(u.Scheme) {
	case "mqtt":
		port = "1883"
	case "mqtts":
		port, b.encrypted = "8883", true
	case "ws":
		port, b.websocket = "80", true
	case "wss":
		port, b.websocket, b.encrypted = "443", true, true
	default:
		return broker{}, sdk.FieldError{Path: "/url", Message: "must begin with mqtt, mqtts, ws or wss"}
	}
	if u.Port() != "" {
		port = u.Port()
	}
	b.address = net.JoinHostPort(u.Hostname(), port)
	return b, nil
}

// check returns what is wrong with the topics.
func (c *config) check() error {
	for _, topic := range []struct{ path, value string }{{"/topicPrefix", c.TopicPrefix}, {"/homeAssistant", c.Discovery}} {
		odd := func(r rune) bool { return r == '+' || r == '#' || unicode.IsControl(r) || r == unicode.ReplacementChar }
		switch {
		case strings.ContainsFunc(topic.value, odd):
			return sdk.FieldError{Path: topic.path, Message: "must not contain +, # or control characters"}
		case strings.HasPrefix(topic.value, "$"), strings.HasPrefix(topic.value, "/"), strings.HasSuffix(topic.value, "/"):
			return sdk.FieldError{Path: topic.path, Message: "must not begin with $, nor begin or end with /"}
		}
	}
	return nil
}

// encryption returns how to check the broker's certificate.
func (c *config) encryption(host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: c.InsecureSkipVerify} //nolint:gosec // G402: the setting asks for it
	if c.CACertificate == "" {
		return config, nil
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM([]byte(c.CACertificate)) {
		return nil, sdk.FieldError{Path: "/caCertificate", Message: "must be a certificate in PEM form"}
	}
	return config, nil
}
