package setup_test

import (
	"errors"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
)

func TestIDsOfACallersChoiceAreUnique(t *testing.T) {
	w := newWorld(t)
	one, err := w.CreateAs(t.Context(), "notify-email", draft(`{"url":"https://nas","key":"k"}`), "anna")
	if err != nil || one.ID != "notify-email" || one.Revision != 1 || w.known["notify-email"].Secrets["/key"] != "k" {
		t.Errorf("there is %+v, %v", one, err)
	}
	for _, id := range []string{"notify-email", "preset-a"} {
		if _, err := w.CreateAs(t.Context(), id, draft(`{"url":"https://other","key":"k"}`), "anna"); !errors.Is(err, setup.ErrTaken) {
			t.Errorf("the id %s gave %v", id, err)
		}
	}
	if kept, err := w.records.Get(t.Context(), "notify-email"); err != nil || string(kept.Config) != `{"url":"https://nas"}` {
		t.Errorf("there is %+v, %v", kept, err)
	}
}
