package recording_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/recording"
	"github.com/pulse-hub/pulse/sdk/transport"
)

const component = "source/cluster"

// serve runs a proxy until the test ends and returns its URL.
func serve(t *testing.T, proxy *recording.Proxy) string {
	t.Helper()
	address, err := proxy.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background()) // t.Context ends before the cleanups
	ended := make(chan error, 1)
	go func() { ended <- proxy.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return address
}

// record records a plugin that is asked everything once and collects twice.
func record(t *testing.T) *recording.Recording {
	t.Helper()
	upstream := cluster(t)
	sum := sha256.Sum256(upstream.Certificate().Raw)
	recorder := recording.NewRecorder()
	described, err := plugin(behaviour{}).Manifest()
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(map[string]string{"url": upstream.URL})
	if err != nil {
		t.Fatal(err)
	}
	setting, err := recording.AddressSetting(described, component)
	if err != nil {
		t.Fatal(err)
	}
	target, err := recording.Address(config, setting)
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := recorder.NewProxy(target, recording.Trust{Fingerprint: hex.EncodeToString(sum[:])})
	if err != nil {
		t.Fatal(err)
	}
	aimed, err := recorder.Aim(config, setting, serve(t, proxy))
	if err != nil {
		t.Fatal(err)
	}
	ask(t, recorder.Clients(start(t, behaviour{})), string(aimed))
	return recorder.Recording()
}

// ask makes the calls that are recorded.
func ask(t *testing.T, clients *transport.Client, config string) {
	t.Helper()
	if _, err := clients.Plugin.Describe(deadline(t), &pluginv1.DescribeRequest{}); err != nil {
		t.Fatal(err)
	}
	configured, err := clients.Plugin.Configure(deadline(t), &pluginv1.ConfigureRequest{
		InstanceId: "i", Component: component, ConfigJson: config,
		Secrets: map[string]string{"/password": password, "/token": shortToken},
	})
	if err != nil || len(configured.GetErrors()) > 0 {
		t.Fatalf("got %v, %v", configured, err)
	}
	for range 2 {
		if seen := collect(t, clients, "i"); seen != 2 {
			t.Fatalf("got %d resources", seen)
		}
	}
	tested, err := clients.Plugin.Test(deadline(t), &pluginv1.ConfigureRequest{
		Component: component, ConfigJson: config, Secrets: map[string]string{"/password": password + "x"},
	})
	if err != nil || tested.GetOk() {
		t.Fatalf("got %v, %v for a wrong password", tested, err)
	}
	if _, err := clients.Plugin.Remove(deadline(t), &pluginv1.RemoveRequest{InstanceId: "i"}); err != nil {
		t.Fatal(err)
	}
}

// written returns the file of a recording.
func written(t *testing.T, r *recording.Recording) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := r.Write(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func unpacked(t *testing.T, file []byte) string {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRecordingHasNoSecrets(t *testing.T) {
	text := unpacked(t, written(t, record(t)))
	for _, secret := range []string{password, password + "x", ticket, csrf, "Bearer " + shortToken, `"` + shortToken + `"`} {
		escaped, _ := json.Marshal(secret)
		for _, form := range []string{secret, url.QueryEscape(secret), strings.Trim(string(escaped), `"`)} {
			if strings.Contains(text, form) {
				t.Errorf("%s is in\n%s", form, text)
			}
		}
	}
	for _, kept := range []string{"root@pam", "username", "pve1", recording.Upstream} {
		if !strings.Contains(text, kept) {
			t.Errorf("%s is not in\n%s", kept, text)
		}
	}
	if strings.Contains(text, "127.0.0.1") {
		t.Errorf("an address is in\n%s", text)
	}
}

func TestFileKeepsEverything(t *testing.T) {
	r := record(t)
	read, err := recording.Read(bytes.NewReader(written(t, r)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, read); diff != "" {
		t.Error(diff)
	}
	if read.Plugin != "test.cluster" || read.Version != "1.0.0" || len(read.Calls) != 6 || len(read.Exchanges) != 5 || read.Dropped != 0 {
		t.Errorf("got %s %s with %d calls and %d exchanges, %d dropped",
			read.Plugin, read.Version, len(read.Calls), len(read.Exchanges), read.Dropped)
	}
}

func TestPlay(t *testing.T) {
	r := record(t)
	const down = `resources["http://` + recording.Upstream + `/pve2"]`
	for name, c := range map[string]struct {
		build  behaviour
		want   map[string]string // paths with what there is now
		missed []string
	}{
		"same build":  {build: behaviour{}},
		"new version": {build: behaviour{Version: "1.1.0"}},
		"wrong number": {build: behaviour{Doubles: true}, want: map[string]string{
			`resources["http://upstream.invalid:80/pve1"].usage.cpu`: "0.5",
			`resources["http://upstream.invalid:80/pve2"].usage.cpu`: "1",
		}},
		"forgotten resource": {build: behaviour{Forgets: true}, want: map[string]string{down: "nothing"}},
		"another request":    {build: behaviour{AsksMore: true}, missed: []string{"GET /api/disks"}},
		"failing call": {build: behaviour{AuthFails: true}, want: map[string]string{
			"": `Unauthenticated: refused`, "summary": `"refused"`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			outcome, err := recording.Play(t.Context(), r, start(t, c.build).Conn)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, d := range outcome.Differences {
				t.Log(d)
				got[d.Path] = d.Now
			}
			if len(c.want) == 0 {
				c.want = map[string]string{}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if len(c.missed) == 0 {
				c.missed = []string{}
			}
			if diff := cmp.Diff(c.missed, outcome.Missed); diff != "" {
				t.Error(diff)
			}
			if outcome.Calls != len(r.Calls) || outcome.Same() != (len(c.want)+len(c.missed) == 0) {
				t.Errorf("got %d calls, same=%v", outcome.Calls, outcome.Same())
			}
		})
	}
}

func TestTrust(t *testing.T) {
	upstream := cluster(t)
	sum := sha256.Sum256(upstream.Certificate().Raw)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: upstream.Certificate().Raw})
	colons := strings.ToUpper(hex.EncodeToString(sum[:1])) + ":" + hex.EncodeToString(sum[1:])
	for name, c := range map[string]struct {
		trust recording.Trust
		want  int
	}{
		"system's authorities": {recording.Trust{}, http.StatusBadGateway},
		"its authority":        {recording.Trust{CA: authority}, http.StatusNotFound},
		"its fingerprint":      {recording.Trust{Fingerprint: colons}, http.StatusNotFound},
		"another fingerprint":  {recording.Trust{Fingerprint: strings.Repeat("00", 32)}, http.StatusBadGateway},
		"unverified":           {recording.Trust{Unverified: true}, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := recording.NewRecorder()
			proxy, err := recorder.NewProxy(upstream.URL, c.trust)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.Get(serve(t, proxy) + "/nothing")
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != c.want {
				t.Errorf("got %d, want %d", response.StatusCode, c.want)
			}
			r := recorder.Recording()
			if len(r.Exchanges) != 1 || r.Exchanges[0].Status != c.want || (r.Exchanges[0].Failure != "") != (c.want == http.StatusBadGateway) {
				t.Errorf("got %+v", r.Exchanges)
			}
		})
	}
	for _, bad := range []recording.Trust{{Fingerprint: "12"}, {CA: []byte("none")}} {
		if _, err := recording.NewRecorder().NewProxy(upstream.URL, bad); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

func TestTargetsAreURLs(t *testing.T) {
	for _, target := range []string{"", "10.0.0.1:8006", "ftp://a", "http://", "https://user:pw@\x00"} {
		_, err := recording.NewRecorder().NewProxy(target, recording.Trust{})
		if !errors.Is(err, recording.ErrTarget) {
			t.Errorf("%q: got %v", target, err)
		}
	}
	proxy, err := recording.NewRecorder().NewProxy("http://a", recording.Trust{})
	if err != nil {
		t.Fatal(err)
	}
	if err := proxy.Run(t.Context()); !errors.Is(err, recording.ErrNotListening) {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNotRecorded(t *testing.T) {
	recorder := recording.NewRecorder()
	clients := recorder.Clients(start(t, behaviour{}))
	if _, err := clients.Plugin.Init(t.Context(), &pluginv1.InitRequest{}); err != nil {
		t.Fatal(err)
	}
	stream, err := clients.Source.Watch(t.Context(), &pluginv1.WatchRequest{InstanceId: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err == nil {
		t.Fatal("there is nothing to watch")
	}
	if r := recorder.Recording(); len(r.Calls) != 0 {
		t.Errorf("got %+v", r.Calls)
	}
	if _, err := clients.Plugin.Health(t.Context(), &pluginv1.HealthRequest{InstanceId: "x"}); err == nil {
		t.Fatal("there is no instance")
	}
	r := recorder.Recording()
	if len(r.Calls) != 1 || r.Calls[0].Method != "Plugin/Health" || r.Calls[0].Failure == nil || r.Calls[0].Failure.Code != "NotFound" {
		t.Errorf("got %+v", r.Calls)
	}
}
