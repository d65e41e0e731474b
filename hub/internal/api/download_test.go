package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/download"
)

// shelf serves programs out of a folder, and nothing else.
func shelf(t *testing.T, programs ...string) *hub {
	t.Helper()
	dir := t.TempDir()
	for _, name := range programs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("program "+name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	around := newWall(t, config.SignIn{}, nil,
		auth.Token{ID: "all"},
	)
	handler, routes := behind(around, api.Parts{Programs: download.New([]string{dir})})
	return &hub{routes: routes, Handler: handler}
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestProgramsAreServedByTarget(t *testing.T) {
	h := shelf(t, "pulse-agent-linux-arm64", "pulse-agent-windows-amd64.exe", "pulse-agent", "pulse-docker-agent-linux-amd64",
		"pulse-docker-agent", "pulse-host-agent-linux-amd64", "pulse-host-agent-windows-amd64.exe")
	const checked, unchecked = true, false
	for _, test := range []struct {
		path, program string
		checksum      bool
	}{
		{"/download/pulse-agent?arch=aarch64", "pulse-agent-linux-arm64", checked},
		{"/download/pulse-agent?arch=Windows-AMD64", "pulse-agent-windows-amd64.exe", checked},
		{"/download/pulse-agent", "pulse-agent", checked},
		{"/download/pulse-agent?arch=sparc", "pulse-agent", checked},
		{"/download/pulse-docker-agent?arch=amd64", "pulse-docker-agent-linux-amd64", checked},
		{"/download/pulse-docker-agent?arch=arm64", "pulse-docker-agent", checked},
		{"/download/pulse-docker-agent?arch=windows-amd64", "pulse-docker-agent", checked},
		{"/download/pulse-host-agent?platform=linux&arch=amd64", "pulse-host-agent-linux-amd64", unchecked},
		{"/download/pulse-host-agent?platform=windows&arch=amd64", "pulse-host-agent-windows-amd64.exe", unchecked},
	} {
		w := h.call("GET", test.path, "", "")
		if w.Code != http.StatusOK || w.Body.String() != "program "+test.program {
			t.Errorf("%s answers %d %q", test.path, w.Code, w.Body)
		}
		want := ""
		if test.checksum {
			want = sumOf("program " + test.program)
		}
		if got := w.Header().Get("X-Checksum-Sha256"); got != want {
			t.Errorf("%s has the checksum %q, want %q", test.path, got, want)
		}
		for name, want := range map[string]string{
			"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache", "Expires": "0", "Content-Type": "application/octet-stream",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", test.path, name, got, want)
			}
		}
	}
}

func TestMissingProgramsAreToldApart(t *testing.T) {
	h := shelf(t)
	for _, test := range []struct {
		path   string
		status int
		text   string
	}{
		{"/download/pulse-agent", 404, "Agent binary not found. Specify ?arch=linux-amd64 (or your architecture)\n"},
		{"/download/pulse-docker-agent", 404, "Agent binary not found\n"},
		{"/download/pulse-host-agent?platform=linux&arch=../x", 400, "Invalid arch parameter\n"},
		{"/download/pulse-host-agent?platform=li%20nux&arch=x", 400, "Invalid platform parameter\n"},
	} {
		w := h.call("GET", test.path, "all", "")
		if w.Code != test.status || w.Body.String() != test.text || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s answers %d %q, want %d %q", test.path, w.Code, w.Body, test.status, test.text)
		}
	}
	w := h.call("GET", "/download/pulse-host-agent?platform=linux&arch=amd64", "", "")
	if w.Code != 404 || strings.Count(w.Body.String(), "\n") < 2 {
		t.Errorf("a host agent that is missing is %d %q", w.Code, w.Body)
	}
}

func TestKnownTargetWithoutProgramIsSentToTheRelease(t *testing.T) {
	h := shelf(t, "pulse-docker-agent")
	for _, method := range []string{"GET", "HEAD"} {
		for arch, asset := range map[string]string{"armhf": "pulse-agent-linux-armv7", "windows-386": "pulse-agent-windows-386.exe"} {
			w := h.call(method, "/download/pulse-agent?arch="+arch, "", "")
			want := "https://github.com/pulse-hub/pulse/releases/latest/download/" + asset
			if w.Code != http.StatusTemporaryRedirect || w.Header().Get("Location") != want || w.Header().Get("X-Served-From") != "github-redirect" ||
				w.Header().Get("Cache-Control") != "no-cache, no-store, must-revalidate" {
				t.Errorf("%s %s answers %d %v", method, arch, w.Code, w.Header())
			}
		}
	}
}

func TestProgramsAnswerHeadAndRanges(t *testing.T) {
	h := shelf(t, "pulse-agent")
	w := h.call("HEAD", "/download/pulse-agent", "", "")
	if w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "19" || w.Header().Get("X-Checksum-Sha256") == "" {
		t.Errorf("HEAD answers %d %v", w.Code, w.Header())
	}
	w = h.call("GET", "/download/pulse-agent", "", "", "Range", "bytes=8-12")
	if w.Code != http.StatusPartialContent || w.Body.String() != "pulse" || w.Header().Get("X-Checksum-Sha256") != sumOf("program pulse-agent") {
		t.Errorf("a range answers %d %q %v", w.Code, w.Body, w.Header())
	}
}

func TestChecksumOfTheHostAgentNeedsAToken(t *testing.T) {
	h := shelf(t, "pulse-host-agent-linux-amd64")
	const path = "/download/pulse-host-agent.sha256?platform=linux&arch=amd64"
	if w := h.call("GET", path, "", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("a stranger gets %d", w.Code)
	}
	if w := h.call("GET", path, "all", ""); w.Code != 200 || w.Body.String() != sumOf("program pulse-host-agent-linux-amd64")+"\n" {
		t.Errorf("with a token it is %d %q", w.Code, w.Body)
	}
	if w := h.call("GET", "/download/pulse-host-agent.sha256?platform=a&arch=b", "all", ""); w.Code != 404 {
		t.Errorf("of a program that is missing it is %d", w.Code)
	}
}

func TestInstallersAreServed(t *testing.T) {
	h := shelf(t)
	for _, test := range []struct{ path, media, part string }{
		{"/install.sh", "text/x-shellscript", "PRESET=''\n"},
		{"/install-host-agent.sh", "text/x-shellscript", "PRESET=''\n"},
		{"/install-docker-agent.sh", "text/x-shellscript", "PRESET='--enable-docker --disable-host'\n"},
		{"/install-container-agent.sh", "text/x-shellscript", "PRESET='--enable-docker --disable-host'\n"},
		{"/uninstall-host-agent.sh", "text/x-shellscript", "PRESET='--uninstall'\n"},
		{"/api/install/install.sh", "text/x-shellscript", "PRESET=''\n"},
		{"/install.ps1", "text/plain; charset=utf-8", "[bool]$Uninstall = $false"},
		{"/install-host-agent.ps1", "text/plain; charset=utf-8", "[bool]$Uninstall = $false"},
		{"/uninstall-host-agent.ps1", "text/plain; charset=utf-8", "[bool]$Uninstall = $true"},
		{"/api/install/install.ps1", "text/plain; charset=utf-8", "[bool]$Uninstall = $false"},
	} {
		token := ""
		if strings.HasPrefix(test.path, "/api/") {
			token = "all"
			if w := h.call("GET", test.path, "", ""); w.Code != http.StatusUnauthorized {
				t.Errorf("%s gives a stranger %d", test.path, w.Code)
			}
		}
		w := h.call("GET", test.path, token, "")
		name := test.path[strings.LastIndex(test.path, "/")+1:]
		if w.Code != 200 || !strings.Contains(w.Body.String(), test.part) || w.Header().Get("Content-Type") != test.media ||
			w.Header().Get("Content-Disposition") != fmt.Sprintf("inline; filename=%q", name) || w.Header().Get("Pragma") != "no-cache" {
			t.Errorf("%s answers %d %v without %q", test.path, w.Code, w.Header(), test.part)
		}
	}
}

func TestDownloadsAreLimited(t *testing.T) {
	h := shelf(t, "pulse-agent")
	for i := range 61 {
		r := httptest.NewRequest(http.MethodGet, []string{"/install.sh", "/download/pulse-agent"}[i%2], nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		want := http.StatusOK
		if i == 60 {
			want = http.StatusTooManyRequests
		}
		if w.Code != want {
			t.Fatalf("download %d answers %d, want %d", i+1, w.Code, want)
		}
	}
}
