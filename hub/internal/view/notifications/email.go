// Package notifications renders what is set up to tell people, in the shapes of the public API.
package notifications

// Email is how messages are sent by mail.
type Email struct {
	Enabled  bool     `json:"enabled"`
	Provider string   `json:"provider" description:"Name of one of the known providers, or another."`
	Server   string   `json:"server"`
	Port     int      `json:"port"`
	Username string   `json:"username"`
	Password string   `json:"password" description:"Always empty in answers. An empty one keeps what is stored, unless the server changes or the user is emptied."`
	From     string   `json:"from"`
	To       []string `json:"to" description:"Empty: the sender's own address."`
	TLS      bool     `json:"tls" description:"TLS from the first byte on; always so on port 465."`
	StartTLS bool     `json:"startTLS"`
}

// DefaultEmail returns what is shown before anything was configured.
func DefaultEmail() Email { return Email{Port: 587, To: []string{}, TLS: true} }

// Shown returns what may be shown: without the password, and with a list of recipients.
func (e Email) Shown() Email {
	e.Password = ""
	if e.To == nil {
		e.To = []string{}
	}
	return e
}

// Complete says whether mail can be sent at all.
func (e Email) Complete() bool { return e.Server != "" && e.From != "" }
