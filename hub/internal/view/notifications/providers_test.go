package notifications_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

func TestProviders(t *testing.T) {
	var got [][2]string
	for _, p := range notifications.Providers() {
		got = append(got, [2]string{p.Name, p.SMTPHost})
		if p.SMTPPort != 587 || p.TLS || !p.StartTLS || !p.AuthRequired || p.Instructions == "" {
			t.Errorf("got %+v", p)
		}
	}
	if diff := cmp.Diff([][2]string{
		{"Gmail / Google Workspace", "smtp.gmail.com"}, {"SendGrid", "smtp.sendgrid.net"}, {"Mailgun", "smtp.mailgun.org"},
		{"Amazon SES (US East)", "email-smtp.us-east-1.amazonaws.com"}, {"Microsoft 365 / Outlook", "smtp.office365.com"},
		{"Brevo (formerly Sendinblue)", "smtp-relay.brevo.com"}, {"Postmark", "smtp.postmarkapp.com"},
		{"SparkPost", "smtp.sparkpostmail.com"}, {"Resend", "smtp.resend.com"}, {"SMTP2GO", "mail.smtp2go.com"}, {"Custom SMTP Server", ""},
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAProviderHasTheMembersOfTheContract(t *testing.T) {
	data, err := json.Marshal(notifications.Provider{Name: "n", SMTPHost: "h", SMTPPort: 1, TLS: true, Instructions: "i"})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"name":"n","smtpHost":"h","smtpPort":1,"tls":true,"startTLS":false,"authRequired":false,"instructions":"i"}`
	if string(data) != want {
		t.Errorf("got %s, want %s", data, want)
	}
}
