package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/report"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

func TestFullStoreMakesNewHostsWait(t *testing.T) {
	dir := t.TempDir()
	settings, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key"), MaxBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer settings.Close()
	saved := identities{settings}
	for n := range 100 {
		one := report.Identity{HostID: fmt.Sprint("host-", n), TokenID: "token", Hostname: strings.Repeat("x", 100_000)}
		err := saved.Save(t.Context(), one)
		if err == nil {
			continue
		}
		if !errors.Is(err, report.ErrBusy) {
			t.Errorf("a full store gives %v, want %v", err, report.ErrBusy)
		}
		kept, err := saved.Load(t.Context())
		if err != nil || len(kept) != n {
			t.Errorf("%d identities are kept, want %d; error %v", len(kept), n, err)
		}
		return
	}
	t.Error("the store took everything")
}
