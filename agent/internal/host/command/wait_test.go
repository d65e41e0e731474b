package command

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestProcessThatCannotBeKilledIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		if waitFor(ctx, never) {
			t.Error("waitFor says that the process ended")
		}
		if took := time.Since(began); took != 10*time.Second+2*killGrace {
			t.Errorf("waited %s, want the time limit and the grace", took)
		}
		close(never)
		if !waitFor(ctx, never) {
			t.Error("waitFor does not see that the process has ended")
		}
	})
}
