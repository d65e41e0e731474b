// Package object has the few fields the agent needs of the objects of the Kubernetes API, and what they mean.
//
// The shapes are those of the API reference (https://kubernetes.io/docs/reference/kubernetes-api/, v1.31); fields that are
// not named here are skipped while decoding. All types are plain data.
package object

import "time"

// Meta is the metadata all objects have.
type Meta struct {
	UID               string            `json:"uid"`
	Name              string            `json:"name"`
	Namespace         string            `json:"namespace"`
	ResourceVersion   string            `json:"resourceVersion"`
	CreationTimestamp time.Time         `json:"creationTimestamp"`
	DeletionTimestamp time.Time         `json:"deletionTimestamp"` // zero unless it is being removed
	Labels            map[string]string `json:"labels"`
	OwnerReferences   []Owner           `json:"ownerReferences"`
}

// Name is what tells an object from the others of its kind at one moment. Objects of the whole cluster have no namespace.
type Name struct{ Namespace, Name string }

// Owner is one owner of an object.
type Owner struct {
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Controller bool   `json:"controller"`
}

// Object is what every object has. PartialObjectMetadata, which the API server serves on request for any collection, is
// this and no more.
type Object struct {
	Metadata Meta `json:"metadata"`
}

// Head returns the metadata, for code that knows no more of an object than that it has some.
func (o *Object) Head() *Meta { return &o.Metadata }

// Controller returns the owner that manages the object, else its first owner; the zero value without one.
func (m *Meta) Controller() Owner {
	for _, owner := range m.OwnerReferences {
		if owner.Controller {
			return owner
		}
	}
	if len(m.OwnerReferences) > 0 {
		return m.OwnerReferences[0]
	}
	return Owner{}
}
