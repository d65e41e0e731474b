package email

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"github.com/pulse-hub/pulse/sdk"
)

// How to log in.
const (
	authAuto    = "auto"
	authPlain   = "plain"
	authLogin   = "login"
	authCRAMMD5 = "cram-md5"
	authNone    = "none"
)

// tlsPort is the port on which servers speak TLS from the first byte (RFC 8314).
const tlsPort = 465

// config is the configuration of an instance.
type config struct {
	Server   string     `json:"server" title:"Server" format:"hostname" required:"true" x-pulse-group:"Server" x-pulse-placeholder:"smtp.example.com"`
	Port     int        `json:"port" title:"Port" min:"1" max:"65535" default:"587" x-pulse-group:"Server"`
	TLS      bool       `json:"tls" title:"TLS from the start" description:"Always so on port 465." default:"false" x-pulse-group:"Server"`
	StartTLS bool       `json:"startTLS" title:"STARTTLS" description:"Without TLS from the start: encrypt before anything is said. A server that does not offer it gets no message." default:"true" x-pulse-group:"Server"`
	Auth     string     `json:"auth" title:"Login" description:"auto takes the best that the server offers, and sends no readable password over a connection that is not encrypted." enum:"auto,plain,login,cram-md5,none" default:"auto" x-pulse-group:"Login"`
	Username string     `json:"username" title:"User" description:"May be left empty for SendGrid, SparkPost, Resend and Postmark, which know what it has to be." max:"300" x-pulse-group:"Login"`
	Password sdk.Secret `json:"password" title:"Password" x-pulse-group:"Login"`
	From     string     `json:"from" title:"Sender" description:"An address, or a name with the address in angle brackets." required:"true" max:"300" x-pulse-group:"Message" x-pulse-placeholder:"pulse@example.com"`
	To       []string   `json:"to" title:"Recipients" description:"Without any the message goes to the sender." max:"100" x-pulse-group:"Message"`

	CACertificate      string `json:"caCertificate" title:"Certificate authority" description:"Certificates of the authority in PEM form, if the system does not trust it by itself." format:"multiline" max:"50000" x-pulse-group:"Certificate"`
	InsecureSkipVerify bool   `json:"insecureSkipVerify" title:"Do not check the certificate" description:"Anybody on the way can then read the password." default:"false" x-pulse-group:"Certificate"`

	Instance sdk.Instance `json:"-"`
}

// implicitTLS tells whether the connection is encrypted from the first byte.
func (c *config) implicitTLS() bool { return c.TLS || c.Port == tlsPort }

// login returns what to log in with; no user means not at all.
func (c *config) login() (user, password string) {
	user, password = c.Username, string(c.Password)
	if user == "" && password != "" {
		user = usualUser(c.Server, password)
	}
	if c.Auth == authNone || password == "" {
		return "", ""
	}
	return user, password
}

// usualUser returns the user of services where it is always the same, or
// nothing. Postmark takes the server token as both.
func usualUser(server, password string) string {
	switch strings.ToLower(strings.TrimSuffix(server, ".")) {
	case "smtp.sendgrid.net":
		return "apikey"
	case "smtp.sparkpostmail.com":
		return "SMTP_Injection"
	case "smtp.resend.com":
		return "resend"
	case "smtp.postmarkapp.com":
		return password
	}
	return ""
}

// addresses returns the sender and the recipients.
func (c *config) addresses() (from *mail.Address, to []*mail.Address, err error) {
	if from, err = parseAddress(c.From); err != nil {
		return nil, nil, sdk.FieldError{Path: "/from", Message: err.Error()}
	}
	for i, text := range c.To {
		address, err := parseAddress(text)
		if err != nil {
			return nil, nil, sdk.FieldError{Path: fmt.Sprintf("/to/%d", i), Message: err.Error()}
		}
		if !slices.ContainsFunc(to, func(known *mail.Address) bool { return known.Address == address.Address }) {
			to = append(to, address)
		}
	}
	if len(to) == 0 {
		to = []*mail.Address{{Address: from.Address}}
	}
	return from, to, nil
}

// parseAddress reads an address with or without a name. Control characters,
// line breaks above all, have no place in either.
func parseAddress(text string) (*mail.Address, error) {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return nil, fmt.Errorf("must not contain line breaks or other control characters")
	}
	address, err := mail.ParseAddress(text)
	if err != nil {
		return nil, fmt.Errorf("must be an email address")
	}
	if strings.ContainsFunc(address.Address+address.Name, unicode.IsControl) { // it was encoded
		return nil, fmt.Errorf("must not contain line breaks or other control characters")
	}
	return address, nil
}

// encryption returns how to check the server's certificate.
func (c *config) encryption() (*tls.Config, error) {
	config := &tls.Config{
		ServerName: c.Server, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: c.InsecureSkipVerify, //nolint:gosec // G402: the setting asks for it
	}
	if c.CACertificate == "" {
		return config, nil
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM([]byte(c.CACertificate)) {
		return nil, sdk.FieldError{Path: "/caCertificate", Message: "must be a certificate in PEM form"}
	}
	return config, nil
}
