package setup

import (
	"context"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

// The fields of the email plugin.
const (
	fieldServer   = "server"
	fieldPort     = "port"
	fieldUsername = "username"
	fieldPassword = "password"
	fieldFrom     = "from"
	fieldTo       = "to"
	fieldTLS      = "tls"
	fieldStartTLS = "startTLS"
)

// Email returns how mail is sent.
func (d *Directory) Email(ctx context.Context) (notifications.Email, error) {
	stored, _, err := d.storedEmail(ctx)
	return stored, err
}

func (d *Directory) storedEmail(ctx context.Context) (notifications.Email, instance.Instance, error) {
	kept, known, err := load[notifications.Email](ctx, d, EmailID)
	if err != nil {
		return notifications.Email{}, instance.Instance{}, err
	}
	if !known {
		kept.Said = notifications.DefaultEmail()
	}
	one, err := d.find(ctx, email(), EmailID)
	if err != nil || one.ID == "" {
		return kept.Said, one, err
	}
	set, err := fieldsOf(one)
	if err != nil {
		return notifications.Email{}, one, err
	}
	kept.Said.Password = set.text(fieldPassword)
	if one.Revision != kept.Revision {
		kept.Said = emailOf(one, set, kept.Said.Provider)
	}
	return kept.Said, one, nil
}

func emailOf(one instance.Instance, set fields, provider string) notifications.Email {
	return notifications.Email{
		Enabled: one.Enabled, Provider: provider, Server: set.text(fieldServer), Port: set.number(fieldPort),
		Username: set.text(fieldUsername), Password: set.text(fieldPassword), From: set.text(fieldFrom), To: set.list(fieldTo),
		TLS: set.flag(fieldTLS), StartTLS: set.flag(fieldStartTLS),
	}
}

// SetEmail changes how mail is sent. An empty password keeps the one there is, unless the server changes or the user is
// emptied. The error may be one of the office's, such as *InvalidError.
func (d *Directory) SetEmail(ctx context.Context, said notifications.Email, actor string) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.end()
	before, one, err := d.storedEmail(ctx)
	if err != nil {
		return err
	}
	said.Password = passwordOf(said, before)
	o := order{
		id: EmailID, before: one, name: email().name, enabled: said.Enabled, complete: said.Complete(), actor: actor,
	}
	if o.complete {
		if o.form, err = d.emailForm(ctx, said, one); err != nil {
			return err
		}
	}
	if one, err = d.carryOut(ctx, o); err != nil {
		return err
	}
	if one.ID != "" {
		said.Password = "" // the instance has it
	}
	return save(ctx, d, EmailID, record[notifications.Email]{Said: said, Revision: one.Revision})
}

// passwordOf returns the password that is meant.
func passwordOf(said, before notifications.Email) string {
	switch {
	case said.Password != "":
		return said.Password
	case said.Username == "" && before.Username != "", !strings.EqualFold(said.Server, before.Server):
		return ""
	}
	return before.Password
}

func (d *Directory) emailForm(ctx context.Context, said notifications.Email, before instance.Instance) (*form, error) {
	f, err := d.newForm(ctx, email(), before)
	if err != nil {
		return nil, err
	}
	f.set(fieldServer, said.Server)
	f.set(fieldPort, said.Port)
	if said.Port == 0 {
		delete(f.config, fieldPort) // the plugin's own default
	}
	f.set(fieldUsername, said.Username)
	f.set(fieldPassword, said.Password)
	f.set(fieldFrom, said.From)
	f.set(fieldTo, said.To)
	if said.To == nil {
		delete(f.config, fieldTo)
	}
	f.set(fieldTLS, said.TLS)
	f.set(fieldStartTLS, said.StartTLS)
	return f, nil
}

// TryEmail returns an instance that sends mail as it is said, for trying; it is not kept. An empty password means what
// it means for SetEmail.
func (d *Directory) TryEmail(ctx context.Context, said notifications.Email) (instance.Instance, error) {
	before, one, err := d.storedEmail(ctx)
	if err != nil {
		return instance.Instance{}, err
	}
	said.Password = passwordOf(said, before)
	f, err := d.emailForm(ctx, said, one)
	if err != nil {
		return instance.Instance{}, err
	}
	return f.trial(EmailID, email().name)
}
