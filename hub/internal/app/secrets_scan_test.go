//go:build linux

package app_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// asStranger is a header that sends a request without cookies, and is not sent itself.
	asStranger = "X-Test-Stranger"
	// canary is no secret: it must be found, or the search looks at nothing.
	canary = "a-node-that-everybody-may-see"
)

// keeper is a hub in a process of its own that is given secrets, and everything that it says.
type keeper struct {
	*child
	dir     string
	browser *http.Client
	csrf    string
	token   string
	// planted are the secrets by name.
	planted map[string]string
	// said is every answer, by what was asked.
	said []answer
}

type answer struct {
	to, text string
	fresh    []string // names of secrets that this answer is the place to tell
}

// spawnBare starts a hub that logs everything, with the bundled plugins and without anybody who may sign in.
func spawnBare(t *testing.T, dir string) *child {
	t.Helper()
	args := []string{
		hubArgument, "--data-dir", dir, "--bind-address", "127.0.0.1", "--port", "0", "--metrics-address", "off", "--log-level", "trace",
	}
	c := &child{cmd: exec.Command(os.Args[0], args...), ended: make(chan struct{}), log: &lockedBuffer{}}
	c.cmd.Env = append(os.Environ(), "GOTRACEBACK=all", "PULSE_BUNDLED_PLUGINS="+bundledPlugins(t), socketsEnv+"="+filepath.Join(dir, "s"))
	c.cmd.Stderr = c.log
	input, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	address := make([]byte, 64)
	n, err := output.Read(address) // until it listens; a hub that ends closes it
	go func() {
		_ = c.cmd.Wait() // how it ended stands in its state
		_ = input.Close()
		close(c.ended)
	}()
	if err != nil {
		t.Fatalf("hub ended before it was ready: %v\n%s", err, c.log)
	}
	c.hub = &hub{url: "http://" + strings.TrimSpace(string(address[:n]))}
	return c
}

// bundledPlugins builds the bundled plugins as a release has them, and returns their folder.
func bundledPlugins(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	program := filepath.Join(folder, "pulse-plugins")
	for _, line := range [][]string{
		{"go", "build", "-trimpath", "-o", program, "github.com/pulse-hub/pulse/plugins/cmd/pulse-plugins"},
		{program, "manifests", filepath.Join(folder, "plugins")},
	} {
		cmd := exec.Command(line[0], line[1:]...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", line, err, output)
		}
	}
	return folder
}

// plant makes a secret up: something that no encoding leaves as it is.
func (k *keeper) plant(name string) string {
	k.planted[name] = "Sec<" + name + `>&"100%/` + rand.Text()
	return k.planted[name]
}

// plantPlain makes a secret up that fits into headers and URLs.
func (k *keeper) plantPlain(name string) string {
	k.planted[name] = "sec-" + name + "-" + rand.Text()
	return k.planted[name]
}

// call asks for something as the administrator, keeps what is answered, and returns it.
func (k *keeper) call(t *testing.T, want int, method, path string, body any, fresh ...string) []byte {
	t.Helper()
	raw, isText := body.(string)
	if !isText && body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		raw = string(text)
	}
	status, text := k.send(t, method, path, raw, nil, fresh...)
	if want != 0 && status != want {
		t.Fatalf("%s %s gives %d %s", method, path, status, text)
	}
	return text
}

func (k *keeper) send(t *testing.T, method, path, body string, headers map[string]string, fresh ...string) (int, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, k.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-CSRF-Token", k.csrf)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	client := k.browser
	if headers[asStranger] != "" {
		request.Header.Del(asStranger)
		client = &http.Client{Timeout: k.browser.Timeout}
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 32<<20))
	if err != nil {
		t.Fatal(err)
	}
	head := make([]string, 0, len(response.Header))
	for name, values := range response.Header {
		if name != "Set-Cookie" { // where sessions belong
			head = append(head, name+": "+strings.Join(values, ", "))
		}
	}
	k.said = append(k.said, answer{method + " " + path, strings.Join(head, "\n") + "\n" + string(text), fresh})
	return response.StatusCode, text
}

// learn keeps a secret that the hub has made up.
func (k *keeper) learn(t *testing.T, name string, text []byte, member string) string {
	t.Helper()
	var values map[string]any
	if err := json.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	value, _ := values[member].(string)
	if len(value) < shortestForm {
		t.Fatalf("there is no %s in %s", member, text)
	}
	k.planted[name] = value
	k.said[len(k.said)-1].fresh = append(k.said[len(k.said)-1].fresh, name)
	return value
}

// signIn does the first set-up and signs in, with some attempts that fail.
func (k *keeper) signIn(t *testing.T) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(k.dir, ".bootstrap_token"))
	if err != nil {
		t.Fatal(err)
	}
	bootstrap := strings.TrimSpace(string(raw))
	k.planted["bootstrap token"] = bootstrap
	k.token = k.plantPlain("first-token")
	password := k.plant("password")
	k.call(t, 401, "POST", "/api/security/quick-setup", map[string]any{
		"username": "anna", "password": password, "apiToken": k.token, "setupToken": k.plantPlain("wrong-setup"),
	})
	k.call(t, 200, "POST", "/api/security/quick-setup", map[string]any{
		"username": "anna", "password": password, "apiToken": k.token, "setupToken": bootstrap,
	})
	k.call(t, 401, "POST", "/api/login", map[string]any{"username": "anna", "password": k.plant("mistyped")})
	k.call(t, 401, "POST", "/api/login", map[string]any{"username": k.plantPlain("as-name"), "password": "not this one either"})
	k.call(t, 400, "POST", "/api/login", `{"username":"anna","password":"`+k.plantPlain("cut-off"))
	k.call(t, 200, "POST", "/api/login", map[string]any{"username": "anna", "password": password, "rememberMe": true})
	site, _ := url.Parse(k.url)
	for _, cookie := range k.browser.Jar.Cookies(site) {
		switch cookie.Name {
		case "pulse_session":
			k.planted["session"] = cookie.Value
		case "pulse_csrf":
			k.planted["CSRF"], k.csrf = cookie.Value, cookie.Value
		}
	}
	if k.planted["session"] == "" || k.csrf == "" {
		t.Fatalf("there is no session: %v", k.browser.Jar.Cookies(site))
	}
}

// echo serves a receiver of messages that refuses them and gives back all that it was sent. It returns its address.
func echo(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "%s %s %v", r.Method, r.URL, r.Header)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// fill gives the hub a secret of every other kind.
func (k *keeper) fill(t *testing.T, private ed25519.PrivateKey) {
	t.Helper()
	k.learn(t, "made token", k.call(t, 200, "POST", "/api/security/tokens", map[string]any{"name": "made", "scopes": []string{"monitoring:read"}}), "token")
	k.call(t, 0, "POST", "/api/users", map[string]any{"name": "bob", "password": k.plant("user"), "role": "viewer"})
	k.call(t, 0, "POST", "/api/users/bob/password", map[string]any{"password": k.plant("reset")})
	k.call(t, 400, "POST", "/api/users", map[string]any{"name": "bob/\x00", "password": k.plant("refused-user"), "role": "viewer"})
	k.call(t, 201, "POST", "/api/config/nodes", map[string]any{
		"type": "pve", "name": canary, "host": "https://127.0.0.1:1", "tokenName": "pulse@pam!mon", "tokenValue": k.plantPlain("node-token"),
	})
	k.call(t, 201, "POST", "/api/config/nodes", map[string]any{
		"type": "pmg", "name": "pmg1", "host": "127.0.0.1:1", "user": "root@pmg", "password": k.plant("node-password"),
	})
	k.call(t, 0, "POST", "/api/config/nodes/test-connection", map[string]any{
		"type": "pbs", "name": "x", "host": "https://127.0.0.1:1", "tokenName": "a@pbs!b", "tokenValue": k.plantPlain("tried-token"),
	})
	k.call(t, 200, "PUT", "/api/notifications/email", map[string]any{
		"enabled": true, "server": "127.0.0.1", "port": 1, "username": "u", "password": k.plant("mail"), "from": "a@example.com", "to": []string{"b@example.com"}, "tls": true,
	})
	k.call(t, 400, "POST", "/api/notifications/webhooks", map[string]any{
		"name": "hook", "url": "http://127.0.0.1:1/services/" + k.plantPlain("local-hook-url"), "method": "POST", "enabled": true, "service": "generic",
		"headers": map[string]string{"Authorization": "Bearer " + k.plantPlain("local-hook-header")},
	})
	headers, err := json.Marshal(map[string]string{"Authorization": "Bearer " + k.plantPlain("hook-header")})
	if err != nil {
		t.Fatal(err)
	}
	k.call(t, 201, "POST", "/api/instances", map[string]any{
		"plugin": "pulse.webhook", "component": "notifier/webhook", "name": "hook", "enabled": true, "config": map[string]any{
			"url": echo(t) + "/services/" + k.plantPlain("hook-url"), "headers": string(headers), "allowedPrivateNetworks": "127.0.0.0/8",
		},
	})
	k.call(t, 200, "PUT", "/api/notifications/apprise", map[string]any{
		"enabled": true, "mode": "http", "serverUrl": "http://127.0.0.1:1", "configKey": "k", "apiKey": k.plantPlain("apprise-key"),
	})
	for _, method := range []string{"email", "webhook", "apprise"} {
		k.call(t, 0, "POST", "/api/notifications/test", map[string]any{"method": method})
	}
	k.call(t, 200, "PUT", "/api/security/oidc", map[string]any{
		"enabled": true, "issuerUrl": "https://127.0.0.1:1/", "clientId": "pulse", "clientSecret": k.plant("OIDC"),
	})
	k.call(t, 0, "POST", "/api/oidc/login", map[string]any{"returnTo": "/"})
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"lid":"l1","email":"owner@example.com","tier":"pro","iat":1}`))
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","typ":"JWT"}`)) + "." + claims
	signature := base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, []byte(signed)))
	k.planted["licence"] = signature // the claims are shown, without which the rest is worth nothing
	k.call(t, 200, "POST", "/api/license/activate", map[string]any{"license_key": signed + "." + signature})
	k.call(t, 400, "POST", "/api/license/activate", map[string]any{"license_key": signed + "." + k.plantPlain("forged-licence")})
	passphrase := k.plant("passphrase")
	var exported struct{ Data string }
	if err := json.Unmarshal(k.call(t, 200, "POST", "/api/config/export", map[string]any{"passphrase": passphrase, "includeUsers": true}), &exported); err != nil {
		t.Fatal(err)
	}
	k.call(t, 400, "POST", "/api/config/import", map[string]any{"data": exported.Data, "passphrase": k.plant("wrong-passphrase"), "dryRun": true})
	k.call(t, 200, "POST", "/api/config/import", map[string]any{"data": exported.Data, "passphrase": passphrase, "dryRun": true})
	k.learn(t, "recovery token", k.call(t, 200, "POST", "/api/security/recovery", map[string]any{"action": "generate_token"}), "token")
}

// stumble sends secrets where they are refused or do not belong.
func (k *keeper) stumble(t *testing.T) {
	t.Helper()
	recovery := k.planted["recovery token"]
	for _, one := range []struct {
		method, path, body string
		headers            map[string]string
	}{
		{"GET", "/api/state?token=" + k.plantPlain("query"), "", nil},
		{"GET", "/api/nothing?token=" + k.token, "", nil},
		{"GET", "/ws?token=" + k.token, "", nil},
		{"GET", "/api/agent/ws?token=" + k.plantPlain("agent-query"), "", nil},
		{"GET", "/api/state", "", map[string]string{"X-API-Token": k.plantPlain("header")}},
		{"GET", "/api/state", "", map[string]string{"Authorization": "Bearer " + k.plantPlain("bearer")}},
		{"GET", "/api/state", "", map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte("anna:"+k.plant("basic")))}},
		{"GET", "/api/state", "", map[string]string{"X-Proxy-Secret": k.plantPlain("proxy"), "X-Recovery-Token": recovery}},
		{"POST", "/api/security/validate-token", `{"token":"` + k.plantPlain("validated") + `"}`, nil},
		{"POST", "/api/security/validate-token", `{"token":"` + k.token + `"}`, nil},
		{"POST", "/api/security/change-password", `{"currentPassword":"` + k.plantPlain("current") + `","newPassword":"` + k.plantPlain("next") + `"}`, nil},
		{"POST", "/api/security/quick-setup", `{"username":"anna","password":7,"apiToken":"` + k.plantPlain("typed") + `"}`, map[string]string{"X-Recovery-Token": recovery}},
		{"POST", "/api/config/nodes", `{"type":"pve","host":"` + k.plantPlain("node-cut"), nil},
		{"POST", "/api/config/nodes", `{"type":"pve","name":"n","host":"::bad::","tokenName":"a","tokenValue":"` + k.plantPlain("node-bad") + `"}`, nil},
		{"PUT", "/api/notifications/email", `{"server":"x","port":"` + k.plantPlain("mail-port") + `"}`, nil},
		{"PUT", "/api/notifications/email", `{"server":"x","from":"bad","password":"` + k.plantPlain("mail-bad") + `"}`, nil},
		{"POST", "/api/notifications/webhooks", `{"name":"x","url":"ftp://u:` + k.plantPlain("hook-bad") + `@example.com"}`, nil},
		{"POST", "/api/auto-register", `{"type":"pve","host":"https://127.0.0.1:1","serverName":"x","tokenId":"a@pve!b","authToken":"` + k.plantPlain("registered") + `","tokenValue":"` + k.plantPlain("registered-value") + `"}`, nil},
		{"GET", "/api/oidc/callback?code=" + k.plantPlain("code") + "&state=" + k.plantPlain("state"), "", nil},
		{"POST", "/api/saml/acs", "SAMLResponse=" + k.plantPlain("assertion"), map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
		{"POST", "/api/security/quick-setup", `{"username":"anna","password":"` + k.plantPlain("not-taken") + `","apiToken":"` + k.plantPlain("not-taken-token") + `"}`, map[string]string{"X-Recovery-Token": recovery}},
		{"GET", "/api/setup-script?type=pve&host=https://x:8006&pulse_url=http://x&auth_token=" + k.planted["made token"], "", nil},
	} {
		if one.headers == nil {
			one.headers = map[string]string{}
		}
		if strings.HasPrefix(one.path, "/api/state") {
			one.headers[asStranger] = "yes"
		}
		status, _ := k.send(t, one.method, one.path, one.body, one.headers)
		if strings.HasPrefix(one.path, "/api/state") && status != http.StatusUnauthorized {
			t.Errorf("%s lets somebody in: %d", one.path, status)
		}
		if status >= 500 && status != http.StatusServiceUnavailable {
			t.Errorf("%s %s gives %d", one.method, strings.Split(one.path, "?")[0], status)
		}
		last := &k.said[len(k.said)-1]
		last.to, _, _ = strings.Cut(last.to, "?") // what the test itself wrote is no finding
		if strings.HasPrefix(one.path, "/api/setup-script?") {
			last.fresh = []string{"made token"} // the script registers with the token of whoever asks for it
		}
	}
}

// readEverything reads whatever may be read without naming a thing.
func (k *keeper) readEverything(t *testing.T) {
	t.Helper()
	var description struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(k.call(t, 200, "GET", "/api/openapi.json", nil), &description); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for path, methods := range description.Paths {
		if _, ok := methods["get"]; !ok || strings.Contains(path, "{") || path == "/ws" || path == "/api/agent/ws" || strings.HasSuffix(path, "/stream") {
			continue
		}
		k.call(t, 0, "GET", path, nil)
		asked++
	}
	if asked < 60 {
		t.Errorf("only %d of the description's %d paths were read", asked, len(description.Paths))
	}
	for _, path := range []string{"/metrics", "/api/audit/export?format=csv", "/", "/api/notifications/email", "/api/notifications/webhooks", "/api/config/nodes"} {
		if status, _ := k.send(t, "GET", path, "", nil); status != http.StatusOK {
			t.Errorf("%s gives %d", path, status)
		}
	}
}

// TestSecretsStayWhereTheyBelong gives a hub a secret of every kind, asks it for everything it has, and looks for the
// secrets in what it answered, in what it logged with a stack of every goroutine at the end, and in every file it left.
func TestSecretsStayWhereTheyBelong(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the plugins")
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PULSE_LICENSE_PUBLIC_KEY", base64.StdEncoding.EncodeToString(public))
	dir := shortDir(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	k := &keeper{
		child: spawnBare(t, dir), dir: dir, planted: map[string]string{},
		browser: &http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	k.signIn(t)
	k.fill(t, private)
	k.stumble(t)
	k.report(t, k.token)
	k.readEverything(t)
	if err := k.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	<-k.ended
	if !strings.Contains(k.log.String(), "goroutine ") {
		t.Error("the hub wrote no stacks")
	}
	k.search(t)
}

// report sends something to keep, so that there are metrics.
func (k *keeper) report(t *testing.T, token string) {
	t.Helper()
	raw, err := json.Marshal(report(10, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	if status, text := k.send(t, "POST", "/api/agents/host/report", string(raw), map[string]string{"X-API-Token": token}); status != http.StatusOK {
		t.Fatalf("report gives %d %s", status, text)
	}
}

// search looks for every secret in every place.
func (k *keeper) search(t *testing.T) {
	t.Helper()
	files := filesIn(t, k.dir)
	if len(files["pulse.db"]) == 0 || !slices.ContainsFunc(slices.Collect(maps.Keys(files)), func(name string) bool { return strings.HasPrefix(name, "metrics/") }) {
		t.Errorf("there are only the files %v", slices.Sorted(maps.Keys(files)))
	}
	told := slices.ContainsFunc(k.said, func(one answer) bool { return find([]byte(one.text), formsOf(canary)) != "" })
	if !told || find(files["pulse.db"], formsOf(canary)) == "" {
		t.Error("what is no secret was not found")
	}
	for name, secret := range k.planted {
		forms := formsOf(secret)
		for _, one := range k.said {
			if form := find([]byte(one.text), forms); form != "" && !slices.Contains(one.fresh, name) {
				t.Errorf("%s is in the answer to %s (%s)", name, one.to, form)
			}
		}
		log := []byte(k.log.String())
		if name == "bootstrap token" { // it is told once, to who may read the log of a hub that nobody can sign in to yet
			log = bytes.Replace(log, []byte(secret), nil, 1)
		}
		if form := find(log, forms); form != "" {
			t.Errorf("%s is in the log (%s): %s", name, form, lineWith(log, forms[form]))
		}
		for file, content := range files {
			if form := find(content, forms); form != "" {
				t.Errorf("%s is in the file %s (%s)", name, file, form)
			}
		}
	}
	t.Logf("%d secrets looked for in %d answers, %d bytes of log and %d files", len(k.planted), len(k.said), len(k.log.String()), len(files))
}

func lineWith(log []byte, text string) string {
	for line := range bytes.Lines(log) {
		if bytes.Contains(line, []byte(text)) {
			return fmt.Sprintf("%.300s", line)
		}
	}
	return ""
}

// filesIn returns what is in the files of a folder, by path.
func filesIn(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			files[name], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
