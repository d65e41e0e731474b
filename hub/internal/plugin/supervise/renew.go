package supervise

import (
	"sync"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
)

// renewals are the secrets that plugins replaced themselves since their
// instances were configured. The zero value is ready.
type renewals struct {
	mu   sync.Mutex
	byID map[string]instance.Instance
}

// put keeps the secrets of an instance unless a later configuration of it was renewed already.
func (r *renewals) put(one instance.Instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID == nil {
		r.byID = map[string]instance.Instance{}
	}
	if r.byID[one.ID].Revision <= one.Revision {
		r.byID[one.ID] = one
	}
}

func (r *renewals) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byID, id)
}

// apply returns the instance with the secrets that were renewed since it was configured.
func (r *renewals) apply(one instance.Instance) instance.Instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	if renewed, ok := r.byID[one.ID]; ok && renewed.Revision == one.Revision {
		one.Secrets = renewed.Secrets
	}
	return one
}

// Renew takes over the secrets of an instance that the plugin replaced itself:
// they are masked from now on, and the next process is configured with them.
// The present one is not told, for it brought them. What is older than the
// configuration the host has is passed over.
func (h *Host) Renew(one instance.Instance) {
	t, err := h.find(one.Plugin)
	if err != nil {
		return
	}
	t.mu.Lock()
	desired, ok := t.desired[one.ID]
	t.mu.Unlock()
	if !ok || one.Revision < desired.Revision {
		return
	}
	t.renewals.put(one)
	t.journal.Mask(one.ID, append(secretsOf(*desired), secretsOf(one)...))
}

// Mask replaces the secrets of a plugin's instances in a text.
func (h *Host) Mask(plugin, text string) string {
	t, err := h.find(plugin)
	if err != nil {
		return text
	}
	return t.journal.Text(text)
}
