package proxmoxapi

import (
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/schema"
	"github.com/pulse-hub/pulse/sdk/secret"
)

// JSON pointers to the fields of the configuration.
const (
	pathURL         = "/url"
	pathEndpoints   = "/endpoints"
	pathTokenID     = "/token_id"
	pathTokenSecret = "/token_secret"
	pathUser        = "/user"
	pathPassword    = "/password"
	pathFingerprint = "/fingerprint"
	pathCA          = "/ca"
)

// Server is the part of a configuration that says where the server is. The
// parts are for embedding into a plugin's own configuration, in this order.
type Server struct {
	URL       string   `json:"url" title:"Address" description:"URL of the server, or of any member of a cluster. Without a port it is the product's own." required:"true" format:"uri" max:"300" x-pulse-group:"Connection" x-pulse-placeholder:"https://server.example.net:8006"`
	Endpoints []string `json:"endpoints" title:"More addresses" description:"Further members of the same cluster, tried in order when the first does not answer. Members are also found by themselves." max:"32" x-pulse-group:"Connection"`
}

// TokenLogin is the part with an API token.
type TokenLogin struct {
	TokenID     string      `json:"token_id" title:"Token id" description:"For example pulse@pve!monitor. An API token is the better choice where there is one." max:"200" x-pulse-group:"Login"`
	TokenSecret secret.Text `json:"token_secret" title:"Token secret" max:"200" x-pulse-group:"Login"`
}

// PasswordLogin is the part with a user and a password.
type PasswordLogin struct {
	User     string      `json:"user" title:"User" description:"With the realm, for example pulse@pam." max:"200" x-pulse-group:"Login"`
	Password secret.Text `json:"password" title:"Password" max:"1000" x-pulse-group:"Login"`
}

// Trust is the part that says how the server proves who it is.
type Trust struct {
	Verify      bool   `json:"verify" title:"Check the certificate" description:"Without it anybody on the way can read the login and change what is seen." default:"true" x-pulse-group:"Certificate"`
	Fingerprint string `json:"fingerprint" title:"Fingerprint" description:"SHA-256 fingerprint of the server's own certificate, as the product shows it. With it no authority is needed." format:"fingerprint" x-pulse-group:"Certificate"`
	CA          string `json:"ca" title:"Certificate authority" description:"Certificates of the authority in PEM form, if the system does not trust it by itself." format:"multiline" max:"100000" x-pulse-group:"Certificate"`
}

// Connection is all parts together. The password or the token may stay empty.
type Connection struct {
	Server
	TokenLogin
	PasswordLogin
	Trust
}

// Options returns what the configuration says of the server.
func (c Connection) Options(product Product) Options {
	return Options{
		Product:   product,
		Endpoints: append([]string{c.URL}, c.Endpoints...),
		Auth:      Auth{TokenID: c.TokenID, TokenSecret: c.TokenSecret, User: c.User, Password: c.Password},
		TLS:       TLS{Fingerprint: c.Fingerprint, CA: c.CA, Insecure: !c.Verify},
	}
}

// FieldError returns the error with the path of the field that it most likely
// belongs to, for the plugins' Test. Errors without such a field are returned
// as they are.
func (c Connection) FieldError(err error) error {
	path := c.fieldOf(fault.Of(err))
	if err == nil || path == "" {
		return err
	}
	return &fieldFault{field: schema.FieldError{Path: path, Message: err.Error()}, cause: err}
}

// fieldFault is an error that belongs to a field of the configuration: it is a
// schema.FieldError, and its cause with the decision of the fault.
type fieldFault struct {
	field schema.FieldError
	cause error
}

// Error returns the text of the cause.
func (f *fieldFault) Error() string { return f.cause.Error() }

// Unwrap returns the cause.
func (f *fieldFault) Unwrap() error { return f.cause }

// As makes errors.As find the schema.FieldError.
func (f *fieldFault) As(target any) bool {
	field, ok := target.(*schema.FieldError)
	if ok {
		*field = f.field
	}
	return ok
}

func (c Connection) fieldOf(known *fault.Error) string {
	if known == nil {
		return ""
	}
	switch known.Code {
	case CodeDNS, CodeRefused, CodeUnreachable, CodeTimeout, CodeTLSName, CodeTLS, CodeRedirect:
		return pathURL
	case CodeTLSFingerprint, CodeTLSExpired:
		return pathFingerprint
	case CodeTLSUnknownCA:
		if c.CA != "" {
			return pathCA
		}
		return pathFingerprint
	case fault.CodeAuth:
		if c.TokenID != "" {
			return pathTokenSecret
		}
		return pathPassword
	case CodeForbidden:
		if c.TokenID != "" {
			return pathTokenID
		}
		return pathUser
	}
	return ""
}
