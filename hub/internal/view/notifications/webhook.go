package notifications

// Webhook is one address that messages are sent to over HTTP.
type Webhook struct {
	ID           string            `json:"id" description:"webhook-… unless one was given."`
	Name         string            `json:"name"`
	URL          string            `json:"url" description:"May have template actions. Answers mask what looks like a secret; what was shown keeps what is stored as long as the host does not change."`
	Method       string            `json:"method" description:"Default POST."`
	Headers      map[string]string `json:"headers,omitempty" description:"Answers mask the values; a value that was masked keeps what is stored."`
	Enabled      bool              `json:"enabled"`
	Service      string            `json:"service" description:"What the payload is made for: discord, slack, generic, …"`
	Template     string            `json:"template,omitempty" description:"Payload of your own."`
	CustomFields map[string]string `json:"customFields,omitempty" description:"As headers."`
	// AllowedPrivateNetworks is in addition to the published shape.
	AllowedPrivateNetworks *string `json:"allowedPrivateNetworks,omitempty" description:"Networks and addresses, separated by commas, that may be reached although they are private. Without it, what is stored stays."`
}

// Shown returns what may be shown: secrets in the address, and the values of headers and fields, masked.
func (w Webhook) Shown() Webhook {
	w.URL = MaskURL(w.URL, w.Service)
	w.Headers, w.CustomFields = maskValues(w.Headers), maskValues(w.CustomFields)
	return w
}

// Restore returns the webhook with each masked value replaced by what is stored. ErrMasked says that there is no such
// thing stored.
func (w Webhook) Restore(stored Webhook) (Webhook, error) {
	var err error
	if w.URL, err = restoreURL(w.URL, stored.URL); err != nil {
		return Webhook{}, err
	}
	if w.Headers, err = restoreValues("headers", w.Headers, stored.Headers); err != nil {
		return Webhook{}, err
	}
	w.CustomFields, err = restoreValues("customFields", w.CustomFields, stored.CustomFields)
	return w, err
}
