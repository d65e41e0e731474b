package password

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
)

func TestGateBoundsWhoWorksAndWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2)
		var leaves []func()
		for range 2 {
			leave, err := g.enter(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leave)
		}
		var waiting sync.WaitGroup
		entered := make(chan func(), maxWaiting)
		for range maxWaiting {
			waiting.Go(func() {
				if leave, err := g.enter(t.Context()); err == nil {
					entered <- leave
				}
			})
		}
		synctest.Wait()
		if len(entered) != 0 {
			t.Errorf("%d entered beside the slots", len(entered))
		}
		if _, err := g.enter(t.Context()); !errors.Is(err, ErrBusy) {
			t.Errorf("one more gave %v, want ErrBusy", err)
		}

		known := Prefer(t.Context())
		leave, err := g.enter(known)
		if err != nil {
			t.Fatalf("a flood of strangers keeps the known one out: %v", err)
		}
		short, cancel := context.WithCancelCause(known)
		gone := errors.New("gone")
		waiting.Go(func() {
			if _, err := g.enter(short); !errors.Is(err, context.Canceled) {
				t.Errorf("waiting gave %v after the end of its context", err)
			}
		})
		synctest.Wait()
		cancel(gone)
		leave()

		for _, leave := range leaves {
			leave()
		}
		for range maxWaiting {
			(<-entered)()
		}
		waiting.Wait()
		if len(g.open)+len(g.kept)+len(g.strangers)+len(g.privileged) != 0 {
			t.Error("a slot or a place to wait is not given back")
		}
	})
}

func TestPreferredAreServedOneAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		stranger, err := g.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		first, err := g.enter(Prefer(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		second := make(chan func(), 1)
		go func() {
			leave, err := g.enter(Prefer(t.Context()))
			if err != nil {
				t.Error(err)
			}
			second <- leave
		}()
		synctest.Wait()
		if len(second) != 0 {
			t.Error("two are served by one kept slot")
		}
		first()
		(<-second)()
		stranger()
	})
}

func TestGateDoesNotOpenAfterTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newGate(1).enter(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("enter gave %v, want the error of the context", err)
	}
}
