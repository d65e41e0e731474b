package metrics

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
)

func TestMessagesOfTheTSDBReachTheLog(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slogHandler{log: hclog.New(&hclog.LoggerOptions{Output: &out, Level: hclog.Debug, DisableTime: true})})
	log = log.With("component", "tsdb")
	log.Error("broken", "err", errors.New("bad"))
	log.Warn("odd")
	log.Info("replaying", "segment", 3)
	log.Debug("too much")
	want := []string{
		"[ERROR] broken: component=tsdb err=bad",
		"[WARN]  odd: component=tsdb",
		"[DEBUG] replaying: component=tsdb segment=3",
	}
	if got := strings.Split(strings.TrimSpace(out.String()), "\n"); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("logged %q, want %q", got, want)
	}
}
