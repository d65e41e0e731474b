package recall

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
	"github.com/pulse-hub/pulse/sdk/wire"
)

// ErrRecord is wrapped by every error about a record that cannot be read.
var ErrRecord = errors.New("not a remembered dataset")

// maxDecoded bounds what a record may unpack to, in bytes.
const maxDecoded = 256 << 20

// header is the first line of a record; docs/format/inventory.md describes the whole.
type header struct {
	Format  int                 `json:"format"`
	Source  inventory.SourceRef `json:"source"`
	Dataset string              `json:"dataset"`
}

const format = 1

func encode(snapshot *inventory.Snapshot, d dataset) ([]byte, error) {
	chunk := &pluginv1.CollectChunk{Dataset: d.name, Full: true, Last: true, ObservedAt: timestamppb.New(d.at)}
	for entry := range snapshot.OfSource(d.source.ID) {
		if entry.Dataset == d.name {
			chunk.Resources = append(chunk.Resources, wire.EncodeResource(entry.Resource))
		}
	}
	body, err := proto.Marshal(chunk)
	if err != nil {
		return nil, fmt.Errorf("encode dataset: %w", err)
	}
	first, err := json.Marshal(header{Format: format, Source: d.source.SourceRef, Dataset: d.name})
	if err != nil {
		return nil, fmt.Errorf("encode header: %w", err)
	}
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	defer packer.Close()
	return packer.EncodeAll(body, append(first, '\n')), nil
}

func decode(record []byte) (inventory.Observation, error) {
	first, packed, found := bytes.Cut(record, []byte{'\n'})
	if !found {
		return inventory.Observation{}, fmt.Errorf("%w: no header", ErrRecord)
	}
	var head header
	if err := json.Unmarshal(first, &head); err != nil {
		return inventory.Observation{}, fmt.Errorf("%w: read header: %w", ErrRecord, err)
	}
	if head.Format != format {
		return inventory.Observation{}, fmt.Errorf("%w: format %d, want %d", ErrRecord, head.Format, format)
	}
	chunk, err := unpack(packed)
	if err != nil {
		return inventory.Observation{}, err
	}
	observation := inventory.Observation{Source: head.Source, Dataset: head.Dataset, At: chunk.GetObservedAt().AsTime(), Complete: true}
	observation.Resources = make([]resource.Resource, 0, len(chunk.GetResources()))
	for _, r := range chunk.GetResources() {
		observation.Resources = append(observation.Resources, wire.DecodeResource(r))
	}
	return observation, nil
}

func unpack(packed []byte) (*pluginv1.CollectChunk, error) {
	reader, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDecoded))
	if err != nil {
		return nil, fmt.Errorf("prepare decompression: %w", err)
	}
	defer reader.Close()
	body, err := reader.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: unpack: %w", ErrRecord, err)
	}
	chunk := &pluginv1.CollectChunk{}
	if err := proto.Unmarshal(body, chunk); err != nil {
		return nil, fmt.Errorf("%w: read resources: %w", ErrRecord, err)
	}
	return chunk, nil
}
