package sdk

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
	"github.com/pulse-hub/pulse/sdk/secret"
	"github.com/pulse-hub/pulse/sdk/transport"
	"github.com/pulse-hub/pulse/sdk/wire"
)

const (
	chunkItems = 500
	chunkBytes = 1 << 20
)

// send hands the snapshot over in chunks, the last one marked; there is
// always at least one. Secrets in the texts of problems are masked.
func (s *Snapshot) send(emit func(*pluginv1.CollectChunk) error, redact secret.Redactor) error {
	content, err := s.content()
	if err != nil {
		return err
	}
	c := chunker{header: content.header, emit: emit}
	c.start()
	for _, r := range content.resources {
		message := wire.EncodeResource(r)
		if err := c.reserve(message); err != nil {
			return fmt.Errorf("resource %q: %w", r.ID, err)
		}
		c.chunk.Resources = append(c.chunk.Resources, message)
	}
	for i := range content.events {
		message := wire.EncodeEvent(&content.events[i])
		if err := c.reserve(message); err != nil {
			return fmt.Errorf("event %q: %w", message.GetId(), err)
		}
		c.chunk.Events = append(c.chunk.Events, message)
	}
	for i := range content.problems {
		message := wire.EncodeProblem(&content.problems[i])
		message.Message = redact.Redact(message.Message)
		if err := c.reserve(message); err != nil {
			return fmt.Errorf("problem of %q: %w", message.GetResourceId(), err)
		}
		c.chunk.Problems = append(c.chunk.Problems, message)
	}
	c.chunk.Last = true
	return emit(c.chunk)
}

// content is what a snapshot holds at one moment.
type content struct {
	header    *pluginv1.CollectChunk
	resources []*resource.Resource
	events    []resource.Event
	problems  []resource.Problem
}

func (s *Snapshot) content() (content, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.overflow {
		return content{}, fault.Newf(fault.OriginPlugin, "too-many", "more than %d resources in one collect", maxResources)
	}
	header := &pluginv1.CollectChunk{
		Dataset:    s.dataset,
		Full:       !s.partial,
		Revision:   s.revision,
		ObservedAt: timestamppb.New(s.at),
	}
	return content{header, slices.Clone(s.resources), slices.Clone(s.events), slices.Clone(s.problems)}, nil
}

// chunker fills one chunk after the other.
type chunker struct {
	header *pluginv1.CollectChunk // what all chunks have in common
	emit   func(*pluginv1.CollectChunk) error
	chunk  *pluginv1.CollectChunk
	items  int
	size   int // bytes, about
}

func (c *chunker) start() {
	c.items, c.size = 0, 0
	c.chunk = &pluginv1.CollectChunk{
		Dataset:    c.header.GetDataset(),
		Full:       c.header.GetFull(),
		Revision:   c.header.GetRevision(),
		ObservedAt: c.header.GetObservedAt(),
	}
}

// reserve makes room for one more item, by sending the chunk if it is full.
func (c *chunker) reserve(item proto.Message) error {
	size := proto.Size(item)
	if size > transport.MaxMessageBytes/2 {
		return fault.Newf(fault.OriginPlugin, "too-large", "%d bytes are more than one message may hold", size)
	}
	if c.items > 0 && (c.items >= chunkItems || c.size+size > chunkBytes) {
		if err := c.emit(c.chunk); err != nil {
			return err
		}
		c.start()
	}
	c.items++
	c.size += size
	return nil
}
