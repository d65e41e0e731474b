package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/metrics/remote"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/write"
)

func TestRemoteSystemsAreRead(t *testing.T) {
	got, err := load(t, "metrics_backend: remote\nmetrics_remote_url: http://vm:8428\nmetrics_remote_token: t0\n", []string{
		"PULSE_REMOTE_WRITE_URLS=https://a/api/v1/write, https://b/write", "PULSE_REMOTE_WRITE_USER=anna", "PULSE_REMOTE_WRITE_PASSWORD=secret",
		"PULSE_REMOTE_WRITE_LABELS=hub=home", "PULSE_REMOTE_WRITE_HEADERS=X-Scope-OrgID: home", "PULSE_REMOTE_WRITE_QUEUE_SIZE=1GB",
	}, []string{"--remote-write-protocol", "v2", "--remote-write-skip-verify"})
	if err != nil {
		t.Fatal(err)
	}
	common := remote.Endpoint{User: "anna", Password: "secret", Headers: map[string]string{"X-Scope-OrgID": "home"}, SkipVerify: true}
	var want []write.Target
	for _, address := range []string{"https://a/api/v1/write", "https://b/write"} {
		common.URL = address
		want = append(want, write.Target{Endpoint: common, Protocol: write.V2, Labels: map[string]string{"hub": "home"}, QueueBytes: 1 << 30})
	}
	if diff := cmp.Diff(want, got.RemoteWrite.Targets()); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	if !got.History.Remote || got.History.Store.URL != "http://vm:8428" || got.History.Store.BearerToken != "t0" {
		t.Errorf("history is read from %+v", got.History)
	}
}

func TestBadRemoteSystemsAreRefused(t *testing.T) {
	for _, environment := range []string{
		"PULSE_REMOTE_WRITE_URLS=store", "PULSE_REMOTE_WRITE_HEADERS=hidden", "PULSE_METRICS_BACKEND=cloud", "PULSE_METRICS_BACKEND=remote",
		"PULSE_REMOTE_WRITE_URLS=https://a:hidden@b",
	} {
		if _, err := load(t, "", []string{environment}, nil); err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", environment, err)
		}
	}
}
