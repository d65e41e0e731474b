// Package watch follows collections of a Kubernetes API server: lists them page by page and then watches for changes,
// as https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes describes.
//
// Objects are decoded one at a time from the stream and handed to a [Sink], which keeps of them what it wants; nothing here
// grows with the collection. A [Follower] is listed by its owner, who thereby decides when, and watches in between as long
// as it is run. [Follower.Fresh] tells whether what the sink holds is followed right now.
package watch

import (
	"context"
	"errors"
	"io"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/apiclient"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
)

// ErrOversized means that one object, or what is around the objects, is larger than any the API server stores.
var ErrOversized = errors.New("object is too large")

// ErrAnswer means that an answer is not what the API server should send.
var ErrAnswer = errors.New("answer is not understood")

// MaxObject bounds one object, in bytes. etcd stores up to 1.5 MiB.
const MaxObject = 4 << 20

// Getter asks the API server; see [apiclient.Client].
type Getter interface {
	Get(ctx context.Context, request apiclient.Request) (io.ReadCloser, error)
}

// Object is a pointer to an object of type T.
type Object[T any] interface {
	*T
	Head() *object.Meta
}

// Sink takes the objects of one collection. Its methods are called one at a time. Objects belong to the sink.
type Sink[T any] interface {
	// Begin starts a complete list: what is put from now on replaces all there is, once Commit is called. A list that is
	// not committed is followed by another Begin.
	Begin()
	// List takes one object of the list.
	List(object *T)
	// Commit makes the list valid.
	Commit()
	// Put takes an object that is new or has changed since the list.
	Put(object *T)
	// Remove takes an object that is gone, as it was at the end.
	Remove(object *T)
}

// Collection is what is listed.
type Collection struct {
	// Path is that of the collection, such as "/api/v1/pods".
	Path string
	// FieldSelector restricts it, such as "type=Warning"; empty for all.
	FieldSelector string
	// Partial asks for the metadata only.
	Partial bool
}

// partial are the media types for metadata only; the plain one is for servers that do not know them.
const (
	partialList  = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
	partialWatch = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
)
