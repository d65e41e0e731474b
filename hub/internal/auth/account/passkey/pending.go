package passkey

import (
	"container/list"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/pulse-hub/pulse/hub/internal/auth/account"
)

// maxOpen bounds the ceremonies of each kind that are going on. Signing in can
// be begun by anybody, so one more ends the oldest.
const maxOpen = 2048

// open is a ceremony that waits for the browser.
type open struct {
	library *webauthn.WebAuthn
	session webauthn.SessionData
}

func (c *Ceremonies) begun(among *pending, ceremony open, options any) (account.Begun, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return account.Begun{}, fmt.Errorf("encode passkey options: %w", err)
	}
	return account.Begun{ID: among.add(ceremony, c.now()), Options: text}, nil
}

// pending are open ceremonies, the oldest first. The zero value is empty. It
// is safe for concurrent use.
type pending struct {
	mu    sync.Mutex
	order list.List // of waiting
	byID  map[string]*list.Element
}

type waiting struct {
	id    string
	until time.Time
	open  open
}

// add keeps a ceremony for its lifetime and returns its id, which cannot be
// guessed. Those that are too old go, and the oldest one when there are too many.
func (p *pending) add(ceremony open, now time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for oldest := p.order.Front(); oldest != nil; oldest = p.order.Front() {
		if now.Before(oldest.Value.(waiting).until) && p.order.Len() < maxOpen {
			break
		}
		p.removeLocked(oldest)
	}
	if p.byID == nil {
		p.byID = map[string]*list.Element{}
	}
	id := rand.Text()
	p.byID[id] = p.order.PushBack(waiting{id, now.Add(lifetime), ceremony})
	return id
}

// take removes a ceremony and returns it unless it is too old.
func (p *pending) take(id string, now time.Time) (open, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	element, ok := p.byID[id]
	if !ok {
		return open{}, false
	}
	found := p.removeLocked(element)
	return found.open, now.Before(found.until)
}

func (p *pending) removeLocked(element *list.Element) waiting {
	removed := p.order.Remove(element).(waiting)
	delete(p.byID, removed.id)
	return removed
}
