package audit

import (
	"cmp"
	"context"
	"sync/atomic"
)

// Caller is who is behind a request. Its members are those of an Event.
type Caller struct{ Actor, Via, Credential, From, Request string }

// request is what a context knows of the request it belongs to.
type request struct {
	caller Caller
	noted  atomic.Bool
}

type requestKey struct{}

// With returns a context whose events get what they lack from the caller.
func With(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, requestKey{}, &request{caller: caller})
}

// Noted reports whether an event was added with this context since With, or with one made from it. An event that
// was added to a transaction counts, whatever became of the transaction.
func Noted(ctx context.Context) bool {
	r := requestOf(ctx)
	return r != nil && r.noted.Load()
}

func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// note marks the request of the context as told of.
func note(ctx context.Context) {
	if r := requestOf(ctx); r != nil {
		r.noted.Store(true)
	}
}

// complete gives an event what it lacks. What the hub did by itself was not done with a caller's credential, even
// when a request was the occasion.
func complete(ctx context.Context, event *Event) {
	if r := requestOf(ctx); r != nil {
		event.From = cmp.Or(event.From, r.caller.From)
		event.Request = cmp.Or(event.Request, r.caller.Request)
		event.Actor = cmp.Or(event.Actor, r.caller.Actor)
		if event.Actor != Hub {
			event.Via = cmp.Or(event.Via, r.caller.Via)
			event.Credential = cmp.Or(event.Credential, r.caller.Credential)
		}
	}
	event.Actor = cmp.Or(event.Actor, Hub)
	if event.Actor == Hub {
		event.Via = cmp.Or(event.Via, Hub)
	}
	event.Outcome = cmp.Or(event.Outcome, Success)
}
