package inventory

import (
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
	"github.com/pulse-hub/pulse/agent/report"
)

// Bounds of lists.
const (
	maxNamespaces = 100
	maxServices   = 100
	maxVolumes    = 300
	maxWarnings   = 100
)

// Namespaces is the collection of namespaces. Those being removed have a problem, and are listed by name.
// Their metadata is all that is needed.
type Namespaces = Store[object.Object, *object.Object, string]

// NewNamespaces returns a store of namespaces.
func NewNamespaces(filter Filter) *Namespaces {
	return newStore[object.Object, *object.Object, string](maxNamespaces, true, func(namespace *object.Object) (Entry, bool) {
		name, terminating := namespace.Metadata.Name, !namespace.Metadata.DeletionTimestamp.IsZero()
		return Entry{Problem: terminating, Shown: terminating, Name: name, Detail: name}, filter.Allows(name)
	})
}

// Services is a collection of services, counted by type. Those that can be reached from outside are listed.
type Services = Store[object.Service, *object.Service, report.KubernetesService]

// NewServices returns a store of services.
func NewServices(filter Filter) *Services {
	return newStore[object.Service, *object.Service, report.KubernetesService](maxServices, true, func(service *object.Service) (Entry, bool) {
		head := &service.Metadata
		entry := Entry{Class: service.Spec.Type, Namespace: head.Namespace, Name: head.Name, Shown: service.Exposed()}
		if entry.Class == "" {
			entry.Class = "ClusterIP" // the API's default
		}
		if entry.Shown {
			exposed := report.KubernetesService{
				UID: head.UID, Name: head.Name, Namespace: head.Namespace, Type: entry.Class, Addresses: first(service.Addresses(), maxItems),
			}
			for _, port := range first(service.Spec.Ports, maxItems) {
				exposed.Ports = append(exposed.Ports, port.String())
			}
			entry.Detail = exposed
		}
		return entry, filter.Allows(head.Namespace)
	})
}

// Volumes is the collection of persistent volumes, counted by phase.
type Volumes = Store[object.Volume, *object.Volume, report.Volume]

// NewVolumes returns a store of persistent volumes, failed ones first. The filter hides the names of claims.
func NewVolumes(filter Filter) *Volumes {
	return newStore[object.Volume, *object.Volume, report.Volume](maxVolumes, true, func(volume *object.Volume) (Entry, bool) {
		detail := report.Volume{
			UID: volume.Metadata.UID, Name: volume.Metadata.Name, Phase: volume.Status.Phase, CapacityBytes: volume.Spec.Capacity.Storage.Whole(),
			StorageClass: volume.Spec.StorageClassName, Reason: cut(volume.Status.Reason),
		}
		if claim := volume.Spec.ClaimRef; claim != nil && filter.Allows(claim.Namespace) {
			detail.Claim = claim.Namespace + "/" + claim.Name
		}
		problem := detail.Phase == "Failed"
		return Entry{
			Class: detail.Phase, Problem: problem, Shown: true, Rank: problemsFirst(problem), Name: detail.Name, Detail: detail,
		}, true
	})
}

// Claims is a collection of claims to persistent volumes, counted by phase.
type Claims = Store[object.VolumeClaim, *object.VolumeClaim, report.VolumeClaim]

// NewClaims returns a store of claims, those that are not bound first.
func NewClaims(filter Filter) *Claims {
	return newStore[object.VolumeClaim, *object.VolumeClaim, report.VolumeClaim](maxVolumes, true, func(claim *object.VolumeClaim) (Entry, bool) {
		head := &claim.Metadata
		entry := Entry{
			Class: claim.Status.Phase, Problem: claim.Status.Phase != "Bound", Shown: true, Namespace: head.Namespace, Name: head.Name,
			Detail: report.VolumeClaim{
				UID: head.UID, Name: head.Name, Namespace: head.Namespace, Phase: claim.Status.Phase,
				RequestedBytes: claim.Spec.Resources.Requests.Storage.Whole(), CapacityBytes: claim.Status.Capacity.Storage.Whole(),
				StorageClass: claim.Spec.StorageClassName, Volume: claim.Spec.VolumeName,
			},
		}
		entry.Rank = problemsFirst(entry.Problem)
		return entry, filter.Allows(head.Namespace)
	})
}

func problemsFirst(problem bool) int64 {
	if problem {
		return -1
	}
	return 0
}

// Warnings is a collection of events of type Warning, the newest first.
type Warnings = Store[object.Event, *object.Event, report.KubernetesEvent]

// NewWarnings returns a store of events. Those about nodes belong to no namespace and are always let through.
func NewWarnings(filter Filter) *Warnings {
	return newStore[object.Event, *object.Event, report.KubernetesEvent](maxWarnings, false, func(event *object.Event) (Entry, bool) {
		about, seen := event.InvolvedObject, event.LastSeen().UTC()
		entry := Entry{
			Shown: true, Rank: -seen.UnixMilli(), Namespace: event.Metadata.Namespace, Name: event.Metadata.Name,
			Detail: report.KubernetesEvent{
				Namespace: about.Namespace, Kind: about.Kind, Name: about.Name, Reason: cut(event.Reason), Message: cut(event.Message),
				Count: event.Times(), LastSeen: seen,
			},
		}
		allowed := about.Kind == "Node" && about.Namespace == "" || filter.Allows(event.Metadata.Namespace)
		return entry, allowed && event.Type == "Warning"
	})
}
