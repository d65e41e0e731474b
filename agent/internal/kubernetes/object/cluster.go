package object

import (
	"strconv"
	"time"
)

// Service is a service (v1).
type Service struct {
	Object
	Spec struct {
		Type        string        `json:"type"`
		ExternalIPs []string      `json:"externalIPs"`
		Ports       []ServicePort `json:"ports"`
	} `json:"spec"`
	Status struct {
		LoadBalancer struct {
			Ingress []struct {
				IP       string `json:"ip"`
				Hostname string `json:"hostname"`
			} `json:"ingress"`
		} `json:"loadBalancer"`
	} `json:"status"`
}

// ServicePort is one port of a service.
type ServicePort struct {
	Port     int    `json:"port"`
	NodePort int    `json:"nodePort"`
	Protocol string `json:"protocol"`
}

// String returns the port as "80/TCP" or, with a port of the nodes, "80:30080/TCP".
func (p ServicePort) String() string {
	text := strconv.Itoa(p.Port)
	if p.NodePort != 0 {
		text += ":" + strconv.Itoa(p.NodePort)
	}
	if p.Protocol == "" {
		return text + "/TCP"
	}
	return text + "/" + p.Protocol
}

// Exposed reports whether the service can be reached from outside the cluster.
func (s *Service) Exposed() bool {
	return s.Spec.Type == "NodePort" || s.Spec.Type == "LoadBalancer" || len(s.Spec.ExternalIPs) > 0
}

// Addresses returns where the service can be reached from outside; nil when nowhere.
func (s *Service) Addresses() []string {
	var list []string
	for _, ingress := range s.Status.LoadBalancer.Ingress {
		if ingress.IP != "" {
			list = append(list, ingress.IP)
		} else if ingress.Hostname != "" {
			list = append(list, ingress.Hostname)
		}
	}
	return append(list, s.Spec.ExternalIPs...)
}

// Volume is a persistent volume (v1).
type Volume struct {
	Object
	Spec struct {
		Capacity         Resources `json:"capacity"`
		StorageClassName string    `json:"storageClassName"`
		ClaimRef         *struct {
			Namespace string `json:"namespace"`
			Name      string `json:"name"`
		} `json:"claimRef"`
	} `json:"spec"`
	Status struct {
		Phase  string `json:"phase"`
		Reason string `json:"reason"`
	} `json:"status"`
}

// VolumeClaim is a claim to a persistent volume (v1).
type VolumeClaim struct {
	Object
	Spec struct {
		StorageClassName string `json:"storageClassName"`
		VolumeName       string `json:"volumeName"`
		Resources        struct {
			Requests Resources `json:"requests"`
		} `json:"resources"`
	} `json:"spec"`
	Status struct {
		Phase    string    `json:"phase"`
		Capacity Resources `json:"capacity"`
	} `json:"status"`
}

// Event is an event (v1).
type Event struct {
	Object
	InvolvedObject struct {
		Kind      string `json:"kind"`
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	} `json:"involvedObject"`
	Type          string    `json:"type"`
	Reason        string    `json:"reason"`
	Message       string    `json:"message"`
	Count         int       `json:"count"`
	LastTimestamp time.Time `json:"lastTimestamp"`
	EventTime     time.Time `json:"eventTime"`
	Series        *struct {
		Count            int       `json:"count"`
		LastObservedTime time.Time `json:"lastObservedTime"`
	} `json:"series"`
}

// LastSeen returns when the event happened last. Old and new writers of events say it in different fields.
func (e *Event) LastSeen() time.Time {
	latest := e.Metadata.CreationTimestamp
	for _, other := range []time.Time{e.EventTime, e.LastTimestamp} {
		if other.After(latest) {
			latest = other
		}
	}
	if e.Series != nil && e.Series.LastObservedTime.After(latest) {
		latest = e.Series.LastObservedTime
	}
	return latest
}

// Times returns how often the event happened, at least once.
func (e *Event) Times() int {
	if e.Series != nil {
		return max(e.Series.Count, e.Count, 1)
	}
	return max(e.Count, 1)
}

// Usage is what a node or pod uses (metrics.k8s.io/v1beta1): a node has Usage, a pod has Containers.
type Usage struct {
	Object
	Timestamp  time.Time `json:"timestamp"`
	Usage      Resources `json:"usage"`
	Containers []struct {
		Usage Resources `json:"usage"`
	} `json:"containers"`
}

// Sum returns what all of it uses: cores, and bytes of memory.
func (u *Usage) Sum() (cores float64, memory int64) {
	cores, memory = u.Usage.CPU.Amount(), u.Usage.Memory.Whole()
	for i := range u.Containers {
		cores += u.Containers[i].Usage.CPU.Amount()
		memory = addWithin(memory, u.Containers[i].Usage.Memory.Whole())
	}
	return cores, memory
}

// addWithin adds without running over.
func addWithin(a, b int64) int64 {
	if sum := a + b; sum >= a {
		return sum
	}
	return a
}
