package registry

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
)

// maxLogins bounds the file of logins, in bytes.
const maxLogins = 1 << 20

// Logins returns a function that looks logins up in the configuration file of Docker's client, usually
// ~/.docker/config.json, which it reads anew each time. Without the file, and for registries that are not in it, there is
// no login. Programs that keep logins (credential helpers) are not run.
func Logins(path string) func(domain string) Login {
	return func(domain string) Login {
		info, err := os.Stat(path)
		if err != nil || info.Size() > maxLogins {
			return Login{}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return Login{} // as without the file
		}
		return findLogin(text, domain)
	}
}

func findLogin(text []byte, domain string) Login {
	var file struct {
		Auths map[string]struct {
			Auth          string `json:"auth"`
			IdentityToken string `json:"identitytoken"`
		} `json:"auths"`
	}
	if json.Unmarshal(text, &file) != nil {
		return Login{}
	}
	names := []string{domain, "https://" + domain, "https://" + domain + "/v2/", "https://" + domain + "/v1/"}
	if domain == hubName {
		names = append(names, "https://index.docker.io/v1/", "index.docker.io", hubHost)
	}
	for _, name := range names {
		entry, found := file.Auths[name]
		if !found {
			continue
		}
		plain, err := base64.StdEncoding.DecodeString(entry.Auth)
		if err != nil {
			return Login{}
		}
		user, password, _ := strings.Cut(string(plain), ":")
		return Login{Username: user, Password: password, IdentityToken: entry.IdentityToken}
	}
	return Login{}
}
