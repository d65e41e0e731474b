package sender

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// errTooLarge means that a packed report grows beyond what it can have been.
var errTooLarge = errors.New("packed report is too large")

// pack compresses a report. The method keeps no state, as the usual ones hold most of a megabyte; it costs 5 to 10 percent of
// size. The report is packed once, for the spool and for every hub.
func pack(body []byte) ([]byte, error) {
	var packed bytes.Buffer
	packed.Grow(len(body) / 2)
	writer, err := gzip.NewWriterLevel(&packed, gzip.StatelessCompression)
	if err != nil {
		return nil, fmt.Errorf("pack report: %w", err)
	}
	if _, err := writer.Write(body); err != nil {
		return nil, fmt.Errorf("pack report: %w", err)
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("pack report: %w", err)
	}
	return packed.Bytes(), nil
}

// unpack returns what pack was given, if that has at most so many bytes.
func unpack(packed []byte, most int) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack report: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(reader, int64(most)+1))
	if err != nil {
		return nil, fmt.Errorf("unpack report: %w", err)
	}
	if len(body) > most {
		return nil, errTooLarge
	}
	return body, nil
}
