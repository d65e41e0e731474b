package spool

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// FuzzReadEntry feeds arbitrary bytes as a segment's records.
func FuzzReadEntry(f *testing.F) {
	two := appendEntry(appendEntry(nil, entry{kindReport, 7, 8, []byte("body")}), entry{kind: kindAck, sequence: 7, body: keyBytes(1)})
	f.Add(two)
	f.Add(two[:len(two)-3])
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		from := bytes.NewReader(raw)
		var written, buffer []byte
		for {
			var found entry
			var err error
			found, buffer, err = readEntry(from, buffer)
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, errBadRecord) {
					t.Errorf("readEntry = %v", err)
				}
				break
			}
			written = appendEntry(written, found)
		}
		if !bytes.HasPrefix(raw, written) {
			t.Errorf("what was read is written as %x", written)
		}
		if cap(buffer) > maxBody {
			t.Errorf("buffer of %d bytes", cap(buffer))
		}
	})
}
