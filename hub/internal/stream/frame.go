package stream

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/condition"
	"github.com/pulse-hub/pulse/hub/internal/view/live"
)

// deltaFrame writes the frame that leads from the revision before to rev.
func deltaFrame(d *live.Delta, rev uint64, now time.Time) []byte {
	b := append(make([]byte, 0, sizeOf(d)), `{"type":"delta","prev":`...)
	b = strconv.AppendUint(b, rev-1, 10)
	b = append(b, `,"rev":`...)
	b = strconv.AppendUint(b, rev, 10)
	b = append(b, `,"time":`...)
	b = strconv.AppendInt(b, now.UnixMilli(), 10)
	b = append(b, `,"data":{"set":`...)
	b = appendList(b, d.Set)
	b = append(b, `,"patch":`...)
	b = appendList(b, d.Patch)
	b = append(b, `,"gone":`...)
	b = appendList(b, quoted(d.Gone))
	b = append(b, `,"sources":`...)
	b = appendList(b, d.Sources)
	if len(d.GoneSources) > 0 {
		b = append(b, `,"goneSources":`...)
		b = appendList(b, quoted(d.GoneSources))
	}
	return append(b, "}}"...)
}

// sizeOf is about how many bytes the frame takes.
func sizeOf(d *live.Delta) int {
	size := 200 + 64*(len(d.Gone)+len(d.GoneSources))
	for _, list := range [][][]byte{d.Set, d.Patch, d.Sources} {
		for _, item := range list {
			size += len(item) + 1
		}
	}
	return size
}

// snapshotFrames writes everything in parts; the last one brings the sources.
func snapshotFrames(rev uint64, items, sources [][]byte) [][]byte {
	parts := max(1, (len(items)+partSize-1)/partSize)
	frames := make([][]byte, 0, parts)
	for part := 1; part <= parts; part++ {
		b := append([]byte(nil), `{"type":"snapshot","rev":`...)
		b = strconv.AppendUint(b, rev, 10)
		b = append(b, `,"part":`...)
		b = strconv.AppendInt(b, int64(part), 10)
		b = append(b, `,"parts":`...)
		b = strconv.AppendInt(b, int64(parts), 10)
		b = append(b, `,"data":{"resources":`...)
		b = appendList(b, items[:min(partSize, len(items))])
		items = items[min(partSize, len(items)):]
		b = append(b, `,"sources":`...)
		if part == parts {
			b = appendList(b, sources)
		} else {
			b = append(b, "[]"...)
		}
		frames = append(frames, append(b, "}}"...))
	}
	return frames
}

func appendList(b []byte, items [][]byte) []byte {
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, item...)
	}
	return append(b, ']')
}

// quoted writes texts as JSON strings.
func quoted(texts []string) [][]byte {
	out := make([][]byte, 0, len(texts))
	for _, text := range texts {
		encoded, err := json.Marshal(text)
		if err != nil { // a string always encodes
			panic(err)
		}
		out = append(out, encoded)
	}
	return out
}

// conditionsFrame tells pages everything that is wrong with the hub at the moment.
func conditionsFrame(list []condition.Condition) []byte {
	type one struct {
		Code     condition.Code     `json:"code"`
		Severity condition.Severity `json:"severity"`
		Message  string             `json:"message"`
		Since    int64              `json:"since"` // Unix milliseconds
	}
	data := make([]one, len(list))
	for i, c := range list {
		data[i] = one{c.Code, c.Severity, c.Message, c.Since.UnixMilli()}
	}
	frame, err := json.Marshal(map[string]any{"type": "conditions", "data": map[string]any{"conditions": data}})
	if err != nil { // texts and numbers always encode
		panic(err)
	}
	return frame
}
