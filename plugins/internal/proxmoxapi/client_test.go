package proxmoxapi_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/schema"
)

const (
	tokenID     = "pulse@pve!monitor"
	tokenSecret = "2f7c5a10-1111-4222-8333-0123456789ab"
)

func lab(t testing.TB) *proxmoxtest.Set {
	return proxmoxtest.Load(t, "../proxmoxtest/testdata/lab3-pve8")
}

func start(t testing.TB) *proxmoxtest.Server {
	return proxmoxtest.Start(t, proxmoxtest.Options{
		Product: proxmoxapi.PVE, Answers: lab(t), Token: "PVEAPIToken=" + tokenID + "=" + tokenSecret,
		User: "pulse@pve", Password: "right",
	})
}

// options are those of a client that may talk to the server.
func options(s *proxmoxtest.Server) proxmoxapi.Options {
	return proxmoxapi.Options{
		Product: proxmoxapi.PVE, Endpoints: []string{s.URL("")}, Timeout: 5 * time.Second,
		Auth: proxmoxapi.Auth{TokenID: tokenID, TokenSecret: tokenSecret},
		TLS:  proxmoxapi.TLS{Fingerprint: s.Fingerprint("")},
	}
}

func client(t testing.TB, o proxmoxapi.Options) *proxmoxapi.Client {
	t.Helper()
	c, err := proxmoxapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

type version struct {
	Version string `json:"version"`
}

func ask(ctx context.Context, c *proxmoxapi.Client) (string, error) {
	var v version
	err := c.Get(ctx, "version", nil, &v)
	return v.Version, err
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

func TestTokenIsSentAndDataDecoded(t *testing.T) {
	got, err := ask(t.Context(), client(t, options(start(t))))
	if got != "8.4.1" || err != nil {
		t.Errorf("version %q, error %v", got, err)
	}
}

func TestTrust(t *testing.T) {
	type change func(*proxmoxtest.Server, *proxmoxapi.Options)
	for _, tt := range []struct {
		name   string
		change change
		code   string
	}{
		{"pinned", func(*proxmoxtest.Server, *proxmoxapi.Options) {}, ""},
		{"pinned without colons", func(s *proxmoxtest.Server, o *proxmoxapi.Options) {
			o.TLS.Fingerprint = strings.ToLower(strings.ReplaceAll(s.Fingerprint(""), ":", ""))
		}, ""},
		{"pinned and renewed", func(s *proxmoxtest.Server, _ *proxmoxapi.Options) {
			s.Issue("", proxmoxtest.Certificate{Names: []string{"127.0.0.11"}})
		}, proxmoxapi.CodeTLSFingerprint},
		{"pinned, renewed and insecure", func(s *proxmoxtest.Server, o *proxmoxapi.Options) {
			s.Issue("", proxmoxtest.Certificate{Names: []string{"127.0.0.11"}})
			o.TLS.Insecure = true
		}, proxmoxapi.CodeTLSFingerprint},
		{"pinned and expired", func(s *proxmoxtest.Server, o *proxmoxapi.Options) {
			s.Issue("", proxmoxtest.Certificate{Expired: true})
			o.TLS.Fingerprint = s.Fingerprint("")
		}, ""},
		{"insecure", func(_ *proxmoxtest.Server, o *proxmoxapi.Options) { o.TLS = proxmoxapi.TLS{Insecure: true} }, ""},
		{"system", func(_ *proxmoxtest.Server, o *proxmoxapi.Options) { o.TLS = proxmoxapi.TLS{} }, proxmoxapi.CodeTLSUnknownCA},
		{"authority", func(s *proxmoxtest.Server, o *proxmoxapi.Options) { o.TLS = proxmoxapi.TLS{CA: s.CA} }, ""},
		{"authority, expired", func(s *proxmoxtest.Server, o *proxmoxapi.Options) {
			s.Issue("", proxmoxtest.Certificate{Names: []string{"127.0.0.11"}, Expired: true})
			o.TLS = proxmoxapi.TLS{CA: s.CA}
		}, proxmoxapi.CodeTLSExpired},
		{"authority, another name", func(s *proxmoxtest.Server, o *proxmoxapi.Options) {
			s.Issue("", proxmoxtest.Certificate{})
			o.TLS = proxmoxapi.TLS{CA: s.CA}
		}, proxmoxapi.CodeTLSName},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t)
			o := options(s)
			tt.change(s, &o)
			_, err := ask(t.Context(), client(t, o))
			if code(err) != tt.code {
				t.Errorf("got %v (%s), want code %q", err, code(err), tt.code)
			}
			if asked := len(s.Asked()); (tt.code == "") != (asked > 0) {
				t.Errorf("%d requests arrived", asked)
			}
			if tt.code != "" && fault.Of(err).Transient {
				t.Error("the error counts as transient")
			}
		})
	}
}

func TestFaults(t *testing.T) {
	const perms = `Permission check failed (/nodes/lab1, Sys.Modify)`
	for _, tt := range []struct {
		name      string
		fault     proxmoxtest.Fault
		code      string
		transient bool
		text      string
	}{
		{"hang", proxmoxtest.Hanging(), proxmoxapi.CodeTimeout, true, "no answer within"},
		{"slow loris", proxmoxtest.Fault{Drip: true}, proxmoxapi.CodeTimeout, true, "no answer within"},
		{"dropped", proxmoxtest.Fault{Drop: true}, proxmoxapi.CodeUnreachable, true, "EOF"},
		{"redirect", proxmoxtest.Fault{Redirect: "https://elsewhere.example/"}, proxmoxapi.CodeRedirect, false, "elsewhere"},
		{"no token", proxmoxtest.Failing(401, "no such user ('pulse@pve')"), fault.CodeAuth, false, "no such user"},
		{"forbidden", proxmoxtest.Failing(403, perms), proxmoxapi.CodeForbidden, false, "lacks the privilege Sys.Modify on /nodes/lab1"},
		{"no such method", proxmoxtest.Failing(501, "Method 'GET /x' not implemented"), fault.CodeNotFound, false, "not implemented"},
		{"node without connection", proxmoxtest.Failing(595, "No route to host"), proxmoxapi.CodeNodeDown, true, "No route to host"},
		{"node breaks off", proxmoxtest.Failing(596, "Broken pipe"), proxmoxapi.CodeNodeDown, true, "Broken pipe"},
		{"no quorum", proxmoxtest.Failing(500, "cluster not ready - no quorum?"), proxmoxapi.CodeNoQuorum, true, "no quorum"},
		{"failure", proxmoxtest.Failing(500, "unable to open file"), proxmoxapi.CodeServerError, true, "unable to open file"},
		{"bare text", proxmoxtest.Fault{Answer: &proxmoxtest.Answer{Status: 400, Body: []byte("datastore 'usb1' is\n not mounted")}}, proxmoxapi.CodeBadRequest, false, "datastore 'usb1' is not mounted"},
		{"bare text on rights", proxmoxtest.Fault{Answer: &proxmoxtest.Answer{Status: 400, Body: []byte("permission check failed")}}, proxmoxapi.CodeForbidden, false, "privilege"},
		{"fields", proxmoxtest.Fault{Answer: &proxmoxtest.Answer{Status: 400, Body: []byte(`{"data":null,"message":"Parameter verification failed.\n","errors":{"timeframe":"property is missing"}}`)}}, proxmoxapi.CodeBadRequest, false, "timeframe: property is missing"},
		{"too many", proxmoxtest.Failing(429, "Too many requests"), fault.CodeRateLimited, true, "Too many"},
		{"gateway", proxmoxtest.Failing(502, "Bad Gateway"), proxmoxapi.CodeServerError, true, "Bad Gateway"},
		{"page", proxmoxtest.Saying("<html>login</html>"), proxmoxapi.CodeBadAnswer, true, "decode answer"},
		{"cut off", proxmoxtest.Saying(`{"data":{"version":"8`), proxmoxapi.CodeBadAnswer, true, "decode answer"},
		{"another type", proxmoxtest.Saying(`{"data":"8.4.1"}`), proxmoxapi.CodeBadAnswer, true, "another type"},
		{"too large", proxmoxtest.Saying(`{"data":{"version":"` + strings.Repeat("9", 70_000) + `"}}`), proxmoxapi.CodeTooLarge, false, "65536"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t)
			s.Fail("/version", tt.fault)
			o := options(s)
			o.MaxBytes, o.Timeout = 65536, 20*time.Second
			if tt.code == proxmoxapi.CodeTimeout {
				o.Timeout = 300 * time.Millisecond
			}
			_, err := ask(t.Context(), client(t, o))
			known := fault.Of(err)
			if known == nil || known.Code != tt.code || known.Transient != tt.transient || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %+v, want code %q, transient %v, text %q", known, tt.code, tt.transient, tt.text)
			}
			if err != nil && (strings.Contains(err.Error(), tokenSecret) || strings.Contains(err.Error(), "https://127")) {
				t.Errorf("error tells too much: %v", err)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	s := start(t)
	o := options(s)
	o.Endpoints = []string{"https://no-such-host.invalid"}
	if _, err := ask(t.Context(), client(t, o)); code(err) != proxmoxapi.CodeDNS {
		t.Errorf("unknown name: %v (%s)", err, code(err))
	}
	o = options(s)
	s.Stop("lab1")
	if _, err := ask(t.Context(), client(t, o)); code(err) != proxmoxapi.CodeRefused {
		t.Errorf("closed port: %v (%s)", err, code(err))
	}
}

func TestCallerMayGiveUp(t *testing.T) {
	s := start(t)
	s.Fail("/version", proxmoxtest.Hanging())
	ctx, cancel := context.WithCancel(t.Context())
	c := client(t, options(s))
	ended := make(chan error, 1)
	go func() {
		_, err := ask(ctx, c)
		ended <- err
	}()
	until(t, func() bool { return s.Count("/version") > 0 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// until waits for a condition of another goroutine.
func until(t testing.TB, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestFailover(t *testing.T) {
	for _, tt := range []struct {
		name string
		kill func(*proxmoxtest.Server)
	}{
		{"stopped", func(s *proxmoxtest.Server) { s.Stop("lab1") }},
		{"certificate changed", func(s *proxmoxtest.Server) { s.Issue("lab1", proxmoxtest.Certificate{}) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t)
			o := options(s)
			o.Endpoints = append(o.Endpoints, s.URL("lab2"))
			c := client(t, o)
			c.Learn([]proxmoxapi.Member{{Host: "127.0.0.12", Fingerprint: s.Fingerprint("lab2")}})
			tt.kill(s)
			for range 2 {
				if got, err := ask(t.Context(), c); got != "8.4.1" || err != nil {
					t.Errorf("version %q, error %v", got, err)
				}
			}
			if got := c.Endpoint(); got != s.URL("lab2") {
				t.Errorf("asks %s now", got)
			}
			if got := c.Requests()[""]; got != 3 {
				t.Errorf("%d requests, want 3: the dead endpoint is asked once", got)
			}
		})
	}
}

// TestMembersAreLearnt goes on with members that only the cluster itself
// named, pinned by the fingerprints that it told.
func TestMembersAreLearnt(t *testing.T) {
	s := start(t)
	c := client(t, options(s))
	members := []proxmoxapi.Member{
		{Host: "127.0.0.11", Local: true},
		{Host: "127.0.0.12", Fingerprint: s.Fingerprint("lab2")},
		{Host: "127.0.0.13", Fingerprint: s.Fingerprint("lab3")},
	}
	c.Learn(members)
	s.Stop("lab1")
	s.Issue("lab2", proxmoxtest.Certificate{}) // an impostor
	if _, err := ask(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got := c.Endpoint(); got != s.URL("lab3") {
		t.Errorf("asks %s, want lab3", got)
	}
	c.Learn(members[:2]) // lab3 has left, but is in use
	if _, err := ask(t.Context(), c); err != nil || c.Endpoint() != s.URL("lab3") {
		t.Errorf("asks %s, error %v", c.Endpoint(), err)
	}
}

// TestHungNodeLeavesPlacesToOthers fills a node's lane with calls that hang.
func TestHungNodeLeavesPlacesToOthers(t *testing.T) {
	s := start(t)
	s.Fail("/nodes/lab2/", proxmoxtest.Hanging())
	c := client(t, options(s))
	ctx, cancel := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	for range 10 {
		calls.Go(func() {
			if err := c.Get(ctx, "nodes/lab2/status", nil, new(version)); err == nil {
				t.Error("a hung node answers")
			}
		})
	}
	until(t, func() bool { return s.Count("/nodes/lab2/") == 2 })
	if err := c.Get(t.Context(), "nodes/lab1/status", nil, new(version)); err != nil {
		t.Errorf("the other node: %v", err)
	}
	if n := s.Count("/nodes/lab2/"); n != 2 {
		t.Errorf("%d calls to the hung node at once, want 2", n)
	}
	cancel()
	calls.Wait()
}

func TestCallsAtOnceAreBounded(t *testing.T) {
	s := start(t)
	s.Fail("/version", proxmoxtest.Hanging())
	c := client(t, options(s))
	ctx, cancel := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() { _, _ = ask(ctx, c) })
	}
	until(t, func() bool { return s.Count("/version") == proxmoxapi.DefaultParallel })
	cancel()
	calls.Wait()
	if n := s.Count("/version"); n != proxmoxapi.DefaultParallel {
		t.Errorf("%d calls at once", n)
	}
}

// TestHungEndpointLeavesTimeForTheNext halves the time of calls about the cluster.
func TestHungEndpointLeavesTimeForTheNext(t *testing.T) {
	s := start(t)
	hung := proxmoxtest.Start(t, proxmoxtest.Options{Product: proxmoxapi.PVE, Answers: lab(t)})
	hung.Fail("/", proxmoxtest.Hanging())
	o := options(s)
	o.Timeout, o.TLS = 2*time.Second, proxmoxapi.TLS{Insecure: true}
	o.Endpoints = []string{hung.URL(""), s.URL("")}
	if got, err := ask(t.Context(), client(t, o)); got != "8.4.1" || err != nil {
		t.Errorf("version %q, error %v", got, err)
	}
}

func TestRequestsAreCountedByNode(t *testing.T) {
	s := start(t)
	c := client(t, options(s))
	for _, path := range []string{"version", "cluster/status", "nodes/lab1/status", "/nodes/lab2/status", "nodes/lab2/lxc"} {
		var into any
		if err := c.Get(t.Context(), path, nil, &into); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if diff := cmp.Diff(map[string]uint64{"": 2, "lab1": 1, "lab2": 2}, c.Requests()); diff != "" {
		t.Error(diff)
	}
}

func TestClockOfTheServerIsMeasured(t *testing.T) {
	s := proxmoxtest.Start(t, proxmoxtest.Options{
		Product: proxmoxapi.PVE, Answers: lab(t), Now: func() time.Time { return time.Now().Add(-5 * time.Minute) },
	})
	c := client(t, options(s))
	if _, known := c.Skew(); known {
		t.Error("known before anything was asked")
	}
	if _, err := ask(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if skew, known := c.Skew(); !known || (skew+5*time.Minute).Abs() > 2*time.Second {
		t.Errorf("skew %v, known %v", skew, known)
	}
}

func TestPathsAreEscaped(t *testing.T) {
	got := proxmoxapi.Path("nodes", "a/../b", "tasks", "UPID:x:@pam!t:", "ä?#%")
	if want := "nodes/a%2F..%2Fb/tasks/UPID:x:@pam%21t:/%C3%A4%3F%23%25"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFaultyOptionsNameTheirFields(t *testing.T) {
	good := proxmoxapi.Connection{
		Server:     proxmoxapi.Server{URL: "https://pve.example.net:8006"},
		TokenLogin: proxmoxapi.TokenLogin{TokenID: tokenID, TokenSecret: tokenSecret},
		Trust:      proxmoxapi.Trust{Verify: true},
	}
	for _, tt := range []struct {
		name    string
		product proxmoxapi.Product
		change  func(*proxmoxapi.Connection)
		path    string
	}{
		{"good", proxmoxapi.PVE, func(*proxmoxapi.Connection) {}, ""},
		{"no port", proxmoxapi.PVE, func(c *proxmoxapi.Connection) { c.URL = "https://pve" }, ""},
		{"plain HTTP", proxmoxapi.PVE, func(c *proxmoxapi.Connection) { c.URL = "http://pve:8006" }, "/url"},
		{"user in the URL", proxmoxapi.PVE, func(c *proxmoxapi.Connection) { c.URL = "https://root:x@pve" }, "/url"},
		{"second address", proxmoxapi.PVE, func(c *proxmoxapi.Connection) { c.Endpoints = []string{"https://a", "b"} }, "/endpoints/1"},
		{"no login", proxmoxapi.PVE, func(c *proxmoxapi.Connection) { c.TokenLogin = proxmoxapi.TokenLogin{} }, "/token_id"},
		{"both logins", proxmoxapi.PVE, func(c *proxmoxapi.Connection) { c.User = "root@pam" }, "/user"},
		{"no secret", proxmoxapi.PVE, func(c *proxmoxapi.Connection) { c.TokenSecret = "" }, "/token_secret"},
		{"id without a name", proxmoxapi.PVE, func(c *proxmoxapi.Connection) { c.TokenID = "root@pam" }, "/token_id"},
		{"token for a mail gateway", proxmoxapi.PMG, func(*proxmoxapi.Connection) {}, "/token_id"},
		{"user without a realm", proxmoxapi.PMG, func(c *proxmoxapi.Connection) {
			c.TokenLogin = proxmoxapi.TokenLogin{}
			c.User, c.Password = "root", "x"
		}, "/user"},
		{"fingerprint", proxmoxapi.PVE, func(c *proxmoxapi.Connection) { c.Fingerprint = "aa:bb" }, "/fingerprint"},
		{"authority", proxmoxapi.PVE, func(c *proxmoxapi.Connection) { c.CA = "no PEM" }, "/ca"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := good
			tt.change(&config)
			_, err := proxmoxapi.New(config.Options(tt.product))
			got, _ := errors.AsType[schema.FieldError](err)
			if got.Path != tt.path || (err == nil) != (tt.path == "") {
				t.Errorf("got %v, want an error at %q", err, tt.path)
			}
		})
	}
}

func TestFaultsBelongToFields(t *testing.T) {
	token := proxmoxapi.Connection{TokenLogin: proxmoxapi.TokenLogin{TokenID: tokenID}}
	for _, tt := range []struct {
		code, path string
		config     proxmoxapi.Connection
	}{
		{proxmoxapi.CodeDNS, "/url", token},
		{proxmoxapi.CodeTLSFingerprint, "/fingerprint", token},
		{proxmoxapi.CodeTLSUnknownCA, "/fingerprint", token},
		{proxmoxapi.CodeTLSUnknownCA, "/ca", proxmoxapi.Connection{Trust: proxmoxapi.Trust{CA: "x"}}},
		{fault.CodeAuth, "/token_secret", token},
		{fault.CodeAuth, "/password", proxmoxapi.Connection{}},
		{proxmoxapi.CodeForbidden, "/token_id", token},
		{proxmoxapi.CodeBadAnswer, "", token},
	} {
		err := tt.config.FieldError(fault.Newf(fault.OriginRemote, tt.code, "trouble"))
		got, _ := errors.AsType[schema.FieldError](err)
		if got.Path != tt.path || !strings.Contains(err.Error(), "trouble") || code(err) != tt.code {
			t.Errorf("%s: %v, want path %q", tt.code, err, tt.path)
		}
	}
	if err := token.FieldError(nil); err != nil {
		t.Errorf("nil became %v", err)
	}
}

// TestNothingIsSentBeforeTheCertificateIsGood counts what an impostor gets.
func TestNothingIsSentBeforeTheCertificateIsGood(t *testing.T) {
	s := start(t)
	o := options(s)
	s.Issue("", proxmoxtest.Certificate{})
	o.Auth = proxmoxapi.Auth{User: "pulse@pve", Password: "right"}
	_, err := ask(t.Context(), client(t, o))
	if got := s.Headers(); code(err) != proxmoxapi.CodeTLSFingerprint || len(got) > 0 {
		t.Errorf("error %v, headers %v", err, got)
	}
	if err != nil && !strings.Contains(err.Error(), s.Fingerprint("")) {
		t.Errorf("%v does not name the fingerprint found", err)
	}
}

// TestClientReturnsToTheFirstEndpoint plays a member that is away for a while.
func TestClientReturnsToTheFirstEndpoint(t *testing.T) {
	s, c := start(t), &clock{at: time.Now()}
	o := options(s)
	client, err := proxmoxapi.NewWithClock(o, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	client.Learn([]proxmoxapi.Member{{Host: "127.0.0.12", Fingerprint: s.Fingerprint("lab2")}})
	s.Issue("lab1", proxmoxtest.Certificate{})
	for _, step := range []struct {
		name, node string
		wait       time.Duration
		renewed    bool
	}{
		{"away", "lab2", 0, false},
		{"still away", "lab2", time.Minute, false},
		{"looked for in vain", "lab2", 5 * time.Minute, false},
		{"back", "lab1", 5 * time.Minute, true},
	} {
		c.forward(step.wait)
		if step.renewed {
			o.TLS.Fingerprint = s.Fingerprint("lab1")
			client.Learn([]proxmoxapi.Member{
				{Host: "127.0.0.11", Fingerprint: s.Fingerprint("lab1")}, {Host: "127.0.0.12", Fingerprint: s.Fingerprint("lab2")},
			})
		}
		if _, err := ask(t.Context(), client); err != nil || client.Endpoint() != s.URL(step.node) {
			t.Errorf("%s: asks %s, error %v", step.name, client.Endpoint(), err)
		}
		failure := client.Failures()["127.0.0.11"+strings.TrimPrefix(s.URL("lab1"), "https://127.0.0.11")]
		if want := step.node == "lab2"; want != (code(failure) == proxmoxapi.CodeTLSFingerprint) {
			t.Errorf("%s: failures %v", step.name, client.Failures())
		}
	}
}
