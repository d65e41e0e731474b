package notifications

// Provider is a mail service with what has to be filled in to send through it.
// Its members are not called what those of Email are: that is the contract's doing.
type Provider struct {
	Name         string `json:"name"`
	SMTPHost     string `json:"smtpHost"`
	SMTPPort     int    `json:"smtpPort"`
	TLS          bool   `json:"tls"`
	StartTLS     bool   `json:"startTLS"`
	AuthRequired bool   `json:"authRequired"`
	Instructions string `json:"instructions" description:"What to do first at the service, for people."`
}

// Providers returns the mail services that are offered, the one for any other server last. The slice is the caller's.
func Providers() []Provider {
	list := []Provider{
		{Name: "Gmail / Google Workspace", SMTPHost: "smtp.gmail.com",
			Instructions: "Turn on two-step verification for the account, create an app password and enter it as the password. The user is the full address."},
		{Name: "SendGrid", SMTPHost: "smtp.sendgrid.net",
			Instructions: "Create an API key that may send mail and enter it as the password. The user is the word apikey. The sender has to be verified."},
		{Name: "Mailgun", SMTPHost: "smtp.mailgun.org",
			Instructions: "Enter the SMTP credentials of the sending domain. Domains in the EU use smtp.eu.mailgun.org as the server."},
		{Name: "Amazon SES (US East)", SMTPHost: "email-smtp.us-east-1.amazonaws.com",
			Instructions: "Create SMTP credentials; they are not the access keys of AWS. Other regions have servers of their own. The sender has to be verified."},
		{Name: "Microsoft 365 / Outlook", SMTPHost: "smtp.office365.com",
			Instructions: "Allow authenticated SMTP for the mailbox. The user is the full address; with two-step verification the password is an app password."},
		{Name: "Brevo (formerly Sendinblue)", SMTPHost: "smtp-relay.brevo.com",
			Instructions: "Create an SMTP key and enter it as the password. The user is the login shown beside it."},
		{Name: "Postmark", SMTPHost: "smtp.postmarkapp.com",
			Instructions: "Enter the server API token as the password; the user may stay empty, for it is the same. The sender has to be confirmed."},
		{Name: "SparkPost", SMTPHost: "smtp.sparkpostmail.com",
			Instructions: "Create an API key that may send over SMTP and enter it as the password. The user is SMTP_Injection. Accounts in the EU use smtp.eu.sparkpostmail.com."},
		{Name: "Resend", SMTPHost: "smtp.resend.com",
			Instructions: "Enter an API key as the password. The user is the word resend. The domain of the sender has to be verified."},
		{Name: "SMTP2GO", SMTPHost: "mail.smtp2go.com",
			Instructions: "Create an SMTP user and enter its name and password. The sender has to be verified."},
		{Name: "Custom SMTP Server",
			Instructions: "Enter the server, its port and, if it wants one, a login. Port 465 is encrypted from the first byte, port 587 with STARTTLS."},
	}
	for i := range list {
		list[i].SMTPPort, list[i].StartTLS, list[i].AuthRequired = 587, true, true
	}
	return list
}
