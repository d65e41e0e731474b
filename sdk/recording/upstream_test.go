package recording_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// The secrets of the cluster that the tests record.
const (
	password   = `pa"ss/w&rd<1`
	ticket     = "PVE:root@pam:68A1B2C3::tIcKeT+/="
	csrf       = "68A1B2C3:cSrFpReVeNtIoN"
	shortToken = "abc"
)

// cluster is an upstream that wants a password, then a cookie, and tells the time.
func cluster(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/login", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("password") != password {
			http.Error(w, "no such user: "+r.FormValue("password"), http.StatusUnauthorized)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "Session", Value: url.QueryEscape(ticket), Secure: true, Path: "/"})
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"data": {"ticket": %q, "CSRFPreventionToken": %q, "username": "root@pam"}}`, ticket, csrf)
	})
	mux.HandleFunc("GET /api/nodes", func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("Session")
		if err != nil || cookie.Value != url.QueryEscape(ticket) || r.Header.Get("X-Csrf") != csrf {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"time": %d, "you": %q, "nodes": [{"name": "pve1", "cpu": 0.25, "up": true}, {"name": "pve2", "cpu": 0.5, "up": false}]}`,
			time.Now().UnixNano(), password)
	})
	server := httptest.NewUnstartedServer(mux)
	server.Config.ErrorLog = hclog.NewNullLogger().StandardLogger(nil) // some are refused on purpose
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

type config struct {
	URL      string     `json:"url" format:"uri" required:"true"`
	Password sdk.Secret `json:"password" required:"true"`
	Token    sdk.Secret `json:"token"`
}

// behaviour is what tells one build of the plugin from another.
type behaviour struct {
	Doubles   bool // counts processors wrongly
	Forgets   bool // does not see what is down
	AsksMore  bool
	AuthFails bool
	Version   string
}

type source struct {
	config
	behaviour
}

func plugin(b behaviour) *sdk.Plugin {
	if b.Version == "" {
		b.Version = "1.0.0"
	}
	return sdk.Source(
		sdk.New("test.cluster", b.Version, sdk.Needs(manifest.Needs{Network: []string{"instance:url"}})), "cluster", "Cluster",
		func(c config) (source, error) { return source{c, b}, nil },
	)
}

type session struct {
	Data struct {
		Ticket string `json:"ticket"`
		CSRF   string `json:"CSRFPreventionToken"`
	} `json:"data"`
}

func (s source) Collect(ctx context.Context, out *sdk.Snapshot) error {
	own, err := s.login(ctx)
	if err != nil {
		return err
	}
	var seen struct {
		Nodes []struct {
			Name string  `json:"name"`
			CPU  float64 `json:"cpu"`
			Up   bool    `json:"up"`
		} `json:"nodes"`
	}
	begin := time.Now()
	// The parameter of time is another one in each run.
	if err := s.get(ctx, own, fmt.Sprintf("/api/nodes?since=%d&full=1", time.Now().Unix()), &seen); err != nil {
		return err
	}
	if s.AsksMore {
		if err := s.get(ctx, own, "/api/disks", &seen); err == nil {
			return errors.New("who answered?")
		}
	}
	for _, n := range seen.Nodes {
		status := sdk.Running
		if !n.Up {
			status = sdk.Offline
		}
		if s.Forgets && !n.Up {
			continue
		}
		if s.Doubles {
			n.CPU *= 2
		}
		out.Add("node", s.URL+"/"+n.Name, n.Name, status).CPU(n.CPU).
			Metric("response_time", time.Since(begin).Seconds(), sdk.Seconds)
	}
	return nil
}

func (s source) login(ctx context.Context) (*session, error) {
	form := url.Values{"username": {"root@pam"}, "password": {string(s.Password)}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/login", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if s.AuthFails {
		return nil, sdk.AuthFailed(errors.New("refused"))
	}
	var own session
	return &own, do(request, &own)
}

func (s source) get(ctx context.Context, own *session, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return err
	}
	request.AddCookie(&http.Cookie{Name: "Session", Value: url.QueryEscape(own.Data.Ticket)})
	request.Header.Set("X-Csrf", own.Data.CSRF)
	request.Header.Set("Authorization", "Bearer "+string(s.Token))
	return do(request, into)
}

func do(request *http.Request, into any) error {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return sdk.CheckResponse(response)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
