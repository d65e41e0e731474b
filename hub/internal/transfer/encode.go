package transfer

import (
	"encoding/json"
	"fmt"
)

// encode writes a document as it is put into a bundle.
func (d *Desk) encode(whole *document, wanted Export) ([]byte, error) {
	out := whole.clone()
	out.ExportedAt, out.Hub = d.Now().UTC(), d.Version
	for _, s := range sections() {
		if s.onRequest && !wanted.Users {
			delete(out.Sections, s.name)
		}
	}
	plain, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode configuration: %w", err)
	}
	return plain, nil
}
