package v5

// OIDC is how people sign in at an identity provider.
type OIDC struct {
	Enabled        bool     `json:"enabled"`
	IssuerURL      string   `json:"issuerUrl"`
	ClientID       string   `json:"clientId"`
	ClientSecret   string   `json:"clientSecret,omitempty"`
	RedirectURL    string   `json:"redirectUrl"`
	LogoutURL      string   `json:"logoutUrl"`
	Scopes         []string `json:"scopes"`
	UsernameClaim  string   `json:"usernameClaim"`
	EmailClaim     string   `json:"emailClaim"`
	GroupsClaim    string   `json:"groupsClaim"`
	AllowedGroups  []string `json:"allowedGroups"`
	AllowedDomains []string `json:"allowedDomains"`
	AllowedEmails  []string `json:"allowedEmails"`
	CABundle       string   `json:"caBundle"` // path of a file
}
