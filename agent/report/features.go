package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// FeaturesHeader is the header with which a hub says, in each answer to a report (also in refusals), what it understands
// beyond the published format: words of [Features] separated by commas. Without the header it understands nothing more.
const FeaturesHeader = "Pulse-Agent-Features"

// SentAtHeader is the header with which an agent says when it sends a report: RFC 3339, by its own clock. The time since
// the report's own time is the report's age, which a hub thereby knows also of an agent whose clock is off.
const SentAtHeader = "Pulse-Sent-At"

// Features are the additions to the published format a hub understands. An agent uses none of them before the hub has
// named it. The zero value is a hub that knows the published format only.
type Features struct {
	// Gzip: bodies may be compressed (Content-Encoding: gzip).
	Gzip bool
	// Sequence: reports are numbered, and a number the hub has is not taken again.
	Sequence bool
	// Replay: a report counts at its own time, however late it arrives, so that all reports of an outage may be sent.
	Replay bool
	// Detail: reports may have the member "detail".
	Detail bool
}

// AllFeatures is everything this package knows.
func AllFeatures() Features { return Features{Gzip: true, Sequence: true, Replay: true, Detail: true} }

// ParseFeatures reads the value of [FeaturesHeader]. Words it does not know are left out, so a newer hub is understood.
func ParseFeatures(header string) Features {
	var features Features
	for word := range strings.SplitSeq(header, ",") {
		switch strings.ToLower(strings.TrimSpace(word)) {
		case "gzip":
			features.Gzip = true
		case "sequence":
			features.Sequence = true
		case "replay":
			features.Replay = true
		case "detail":
			features.Detail = true
		}
	}
	return features
}

// String returns the value of [FeaturesHeader].
func (f Features) String() string {
	var words []string
	for _, each := range []struct {
		word  string
		known bool
	}{{"gzip", f.Gzip}, {"sequence", f.Sequence}, {"replay", f.Replay}, {"detail", f.Detail}} {
		if each.known {
			words = append(words, each.word)
		}
	}
	return strings.Join(words, ", ")
}

// Report is a report of any module: *[Host], *[Docker] or *[Kubernetes].
type Report interface {
	number(sequence uint64)
	taken() time.Time
}

func (h *Host) number(sequence uint64)       { h.Sequence = sequence }
func (d *Docker) number(sequence uint64)     { d.Sequence = sequence }
func (k *Kubernetes) number(sequence uint64) { k.Sequence = sequence }
func (h *Host) taken() time.Time             { return h.Timestamp }
func (d *Docker) taken() time.Time           { return d.Timestamp }
func (k *Kubernetes) taken() time.Time       { return k.Timestamp }

// Taken returns the report's own time.
func Taken(report Report) time.Time { return report.taken() }

// Encode gives the report its number and returns it as JSON, with all additions.
func Encode(report Report, sequence uint64) ([]byte, error) {
	report.number(sequence)
	body, err := json.Marshal(report)
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	return body, nil
}

// errNotObject means that what should be a report is no JSON object.
var errNotObject = errors.New("report is no object")

// For returns an encoded report as a hub with these features may see it: without the members it does not know. All
// additions are members of the report itself, so this is the one place where they are taken out. The result may be the
// body that was given.
func For(features Features, body []byte) ([]byte, error) {
	var unknown []string
	if !features.Sequence {
		unknown = append(unknown, "sequence")
	}
	if !features.Detail {
		unknown = append(unknown, "detail")
	}
	if len(unknown) == 0 {
		return body, nil
	}
	return without(unknown, body)
}

// without copies a JSON object except for some of its members.
func without(unknown []string, body []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, errNotObject
	}
	plain := append(make([]byte, 0, len(body)), '{')
	for decoder.More() {
		var value json.RawMessage
		name, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("read report: %w", err)
		}
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("read report: %w", err)
		}
		key, _ := name.(string) // the decoder makes sure that it is one
		if slices.Contains(unknown, key) {
			continue
		}
		quoted, err := json.Marshal(key)
		if err != nil {
			return nil, fmt.Errorf("write report: %w", err)
		}
		if len(plain) > 1 {
			plain = append(plain, ',')
		}
		plain = append(append(append(plain, quoted...), ':'), value...)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return append(plain, '}'), nil
}
