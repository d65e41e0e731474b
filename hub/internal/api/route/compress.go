package route

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// compressFrom is the size from which on compressing is worth the trouble, in bytes.
const compressFrom = 1400

// compressor makes the compressed forms of documents. The zero value is ready;
// the zstd encoder is made when first needed, for its tables take a megabyte.
type compressor struct {
	once sync.Once
	zstd *zstd.Encoder
	err  error
}

func (c *compressor) encodeZstd(body []byte) ([]byte, error) {
	c.once.Do(func() {
		c.zstd, c.err = zstd.NewWriter(nil,
			zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithLowerEncoderMem(true))
	})
	if c.err != nil {
		return nil, fmt.Errorf("make zstd encoder: %w", c.err)
	}
	return c.zstd.EncodeAll(body, make([]byte, 0, len(body)/6)), nil
}

func (c *compressor) encodeGzip(body []byte) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(body) / 6)
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("make gzip writer: %w", err)
	}
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return out.Bytes(), nil
}

// form returns the body in the encoding the caller takes, and that encoding's name.
func (d *Document) form(c *compressor, accepted string) (body []byte, encoding string) {
	if len(d.body) < compressFrom {
		return d.body, ""
	}
	encoding = negotiate(accepted)
	switch encoding {
	case "zstd":
		body = d.zstd.get(d.body, c.encodeZstd)
	case "gzip":
		body = d.gzip.get(d.body, c.encodeGzip)
	}
	if body == nil { // nothing accepted, or the encoder could not be made
		return d.body, ""
	}
	return body, encoding
}

func (e *encoded) get(body []byte, encode func([]byte) ([]byte, error)) []byte {
	e.once.Do(func() {
		if out, err := encode(body); err == nil {
			e.body = out
		}
	})
	return e.body
}

// negotiate picks zstd, else gzip, else nothing out of an Accept-Encoding header (RFC 9110, 12.5.3).
func negotiate(header string) string {
	var zstdOK, gzipOK bool
	for part := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(part, ";")
		if refused(parameters) {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "zstd":
			zstdOK = true
		case "gzip", "x-gzip":
			gzipOK = true
		}
	}
	if zstdOK {
		return "zstd"
	}
	if gzipOK {
		return "gzip"
	}
	return ""
}

// refused reports whether the parameters of an encoding give it a weight of zero.
func refused(parameters string) bool {
	value, found := strings.CutPrefix(strings.ReplaceAll(parameters, " ", ""), "q=")
	if !found {
		return false
	}
	weight, err := strconv.ParseFloat(value, 64)
	return err == nil && weight == 0
}

func (d *Document) write(w http.ResponseWriter, r *http.Request, c *compressor) {
	header := w.Header()
	header.Set("ETag", d.tag)
	header.Set("Cache-Control", "private, no-cache")
	header.Add("Vary", "Accept-Encoding")
	if matches(r.Header.Get("If-None-Match"), d.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, encoding := d.form(c, r.Header.Get("Accept-Encoding"))
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	writeBody(w, http.StatusOK, "application/json", body)
}

// matches compares weakly (RFC 9110, 13.1.2).
func matches(header, tag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
