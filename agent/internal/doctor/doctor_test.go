package doctor_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/doctor"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/internal/sender"
	"github.com/pulse-hub/pulse/agent/report"
)

func TestHub(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		want   module.State
		says   string
	}{
		{"known", 200, `{"success":true,"host":{}}`, module.OK, "knows"},
		{"new", 404, `{"error":"Host has not registered","code":"host_not_found","status_code":404}`, module.OK, "no report"},
		{"another token", 403, `{"error":"x","code":"host_lookup_forbidden"}`, module.OK, "another token"},
		{"no scope", 403, `{"error":"missing scope","code":"missing_scope","requiredScope":"host-agent:report"}`, module.Failed, "host-agent:report"},
		{"wrong token", 401, `Invalid token`, module.Failed, "new token"},
		{"web server", 404, `<html>`, module.Failed, "not as a hub"},
		{"portal", 200, `<html>`, module.Failed, "not as a hub"},
		{"broken hub", 500, `{"error":"oops","code":"internal_error"}`, module.Failed, "oops"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
				if request.URL.String() != "/api/agents/host/lookup?id=a%26b" || request.Header.Get("X-API-Token") != "tok" {
					t.Errorf("asked %s", request.URL)
				}
				writer.WriteHeader(test.status)
				_, _ = writer.Write([]byte(test.body))
			}))
			defer server.Close()
			section := doctor.Hub(t.Context(), target(server.URL), "a&b", []module.Info{hostModule})
			var text strings.Builder
			if err := doctor.Write(&text, []doctor.Section{section}); err != nil {
				t.Fatal(err)
			}
			if got := section.Checks[1]; got.State != test.want || !strings.Contains(text.String(), test.says) {
				t.Errorf("token = %+v, want %s\n%s", got, test.want, text.String())
			}
		})
	}
}

// Modules as the doctor sees them.
var (
	hostModule   = module.Info{Name: "host", Path: report.HostPath}
	dockerModule = module.Info{Name: "docker", Path: report.DockerPath}
)

func TestHubThatRefusesSomeReports(t *testing.T) {
	const lacks = `{"error":"missing_scope","code":"missing_scope","requiredScope":"%s"}`
	tests := []struct {
		name                 string
		modules              []module.Info
		mayHost, mayDocker   bool
		tokenState, reported module.State
	}{
		{"both", []module.Info{hostModule, dockerModule}, true, true, module.OK, module.OK},
		{"host only", []module.Info{hostModule, dockerModule}, true, false, module.OK, module.Failed},
		{"docker only, which is all it reports", []module.Info{dockerModule}, false, true, module.OK, module.OK},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
				reports := request.URL.Path == report.DockerPath && request.Method == http.MethodPost
				switch {
				case reports && test.mayDocker:
					writer.WriteHeader(http.StatusBadRequest)
					_, _ = writer.Write([]byte(`{"error":"Failed to decode request body","code":"invalid_json"}`))
				case reports:
					writer.WriteHeader(http.StatusForbidden)
					_, _ = fmt.Fprintf(writer, lacks, "docker:report")
				case test.mayHost:
					_, _ = writer.Write([]byte(`{"success":true}`))
				default:
					writer.WriteHeader(http.StatusForbidden)
					_, _ = fmt.Fprintf(writer, lacks, "host-agent:report")
				}
			}))
			defer server.Close()
			checks := doctor.Hub(t.Context(), target(server.URL), "a", test.modules).Checks
			if len(checks) != 3 || checks[1].State != test.tokenState || checks[2].Name != "docker reports" || checks[2].State != test.reported {
				t.Fatalf("checks = %+v", checks)
			}
			if test.reported == module.Failed && checks[2].Remedy != "give the token the scope docker:report" {
				t.Errorf("remedy = %q", checks[2].Remedy)
			}
		})
	}
}

func target(url string) *sender.Target {
	return sender.NewTarget(sender.TargetOptions{URL: url, Token: "tok", Client: sender.NewClient(sender.ClientOptions{})})
}

func TestHubThatIsAway(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	section := doctor.Hub(t.Context(), target(server.URL), "a", []module.Info{hostModule})
	if len(section.Checks) != 1 || section.Checks[0].State != module.Failed || strings.Contains(section.Checks[0].Reason, "http://") {
		t.Errorf("section = %+v", section)
	}
}

// part is a module with fixed checks.
type part []module.Check

func (p part) Info() module.Info                              { return module.Info{Name: "part"} }
func (p part) Collect(context.Context) (report.Report, error) { return &report.Host{}, nil }
func (p part) Hear(module.Answer) error                       { return nil }
func (p part) Checks() []module.Check                         { return p }

func TestWriteAndHealthy(t *testing.T) {
	checks := part{
		{Name: "cpu", State: module.OK, Remedy: "none needed"},
		{Name: "smart", State: module.Denied, Reason: "needs root", Remedy: "run as root"},
		{Name: "gpu", State: module.Unavailable, Reason: "no GPU"},
	}
	sections := []doctor.Section{doctor.Module(t.Context(), checks)}
	var text strings.Builder
	if err := doctor.Write(&text, sections); err != nil {
		t.Fatal(err)
	}
	want := `
part
  ok             cpu
  no permission  smart: needs root
                 > run as root
  not available  gpu: no GPU
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if !doctor.Healthy(sections) {
		t.Error("what is missing or forbidden counts as failed")
	}
	if doctor.Healthy([]doctor.Section{doctor.Module(t.Context(), append(checks, module.Check{State: module.Failed}))}) {
		t.Error("a failure counts as healthy")
	}
}

func TestSpool(t *testing.T) {
	root := t.TempDir()
	fresh := doctor.Spool(filepath.Join(root, "a", "b"), []string{"host"})
	if !doctor.Healthy([]doctor.Section{fresh}) {
		t.Errorf("spool that is yet to be made: %+v", fresh)
	}
	if left, err := os.ReadDir(root); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	blocked := filepath.Join(root, "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if section := doctor.Spool(blocked, nil); doctor.Healthy([]doctor.Section{section}) {
		t.Errorf("spool that cannot be made: %+v", section)
	}
}
