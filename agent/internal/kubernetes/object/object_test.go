package object_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
)

func TestQuantity(t *testing.T) {
	tests := []struct {
		text  object.Quantity
		want  float64
		whole int64
		bad   bool
	}{
		{"", 0, 0, false}, {"0", 0, 0, false}, {"4", 4, 4, false}, {"3920m", 3.92, 3, false}, {"3000m", 3, 3, false},
		{"2000000n", 0.002, 0, false}, {"1500u", 0.0015, 0, false}, {"8Gi", 8 << 30, 8 << 30, false}, {"4194304Ki", 4 << 30, 4 << 30, false},
		{"1.5Gi", 1.5 * (1 << 30), 3 << 29, false}, {"12e6", 12e6, 12_000_000, false}, {"12E-1", 1.2, 1, false}, {"5E", 5e18, 5e18, false}, {"129M", 129e6, 129_000_000, false},
		{"1k", 1000, 1000, false}, {"-5", -5, 0, false}, {"16Ei", 16 * (1 << 60), math.MaxInt64, false},
		{"x", 0, 0, true}, {"5 Gi", 0, 0, true}, {"1.2.3", 0, 0, true}, {"Gi", 0, 0, true}, {"5KI", 0, 0, true}, {"1e", 0, 0, true}, {"1e999", 0, 0, true}, {"0x10", 0, 0, true}, {"inf", 0, 0, true},
	}
	for _, test := range tests {
		got, err := test.text.Value()
		if got != test.want || (err != nil) != test.bad || test.text.Whole() != test.whole {
			t.Errorf("%q is %v (%d), %v; want %v (%d), error %v", test.text, got, test.text.Whole(), err, test.want, test.whole, test.bad)
		}
	}
}

func FuzzQuantity(f *testing.F) {
	for _, seed := range []string{"3920m", "8Gi", "12e6", "-1.5E", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quantity := object.Quantity(text)
		value, err := quantity.Value()
		if math.IsNaN(value) || math.IsInf(value, 0) || err != nil && value != 0 || quantity.Whole() < 0 || quantity.Amount() < 0 {
			t.Errorf("%q is %v, %d, %v, %v", text, value, quantity.Whole(), quantity.Amount(), err)
		}
	})
}

func decode[T any](t *testing.T, text string) *T {
	t.Helper()
	value := new(T)
	if err := json.Unmarshal([]byte(text), value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func TestPodProblem(t *testing.T) {
	container := func(status string) string {
		return `{"status":{"phase":"Running","containerStatuses":[` + status + `]}}`
	}
	initial := func(state string) string {
		return `{"status":{"phase":"Running","containerStatuses":[{"ready":true,"state":{"running":{}}}],"initContainerStatuses":[{"state":` + state + `}]}}`
	}
	tests := []struct {
		name, pod string
		want      bool
	}{
		{"runs", container(`{"ready":true,"state":{"running":{}}}`), false},
		{"no word of the kubelet", `{"status":{"phase":"Running"}}`, false},
		{"pending", `{"status":{"phase":"Pending"}}`, true},
		{"failed", `{"status":{"phase":"Failed"}}`, true},
		{"unknown", `{"status":{"phase":"Unknown"}}`, true},
		{"succeeded", `{"status":{"phase":"Succeeded","containerStatuses":[{"ready":false,"state":{"terminated":{"exitCode":0}}}]}}`, false},
		{"not ready", container(`{"ready":false,"state":{"running":{}}}`), true},
		{"waits", container(`{"ready":true,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}`), true},
		{"ended", container(`{"ready":true,"state":{"terminated":{"exitCode":0}}}`), true},
		{"second one not ready", container(`{"ready":true},{"ready":false}`), true},
		{"initial one done", initial(`{"terminated":{"exitCode":0}}`), false},
		{"initial one failed", initial(`{"terminated":{"exitCode":1}}`), true},
		{"initial one crashes", initial(`{"waiting":{"reason":"CrashLoopBackOff"}}`), true},
		{"initial one not begun", initial(`{"waiting":{"reason":"PodInitializing"}}`), false},
	}
	for _, test := range tests {
		if got := decode[object.Pod](t, test.pod).Problem(); got != test.want {
			t.Errorf("%s: problem %v, want %v", test.name, got, test.want)
		}
	}
}

func TestWorkloadProblem(t *testing.T) {
	tests := []struct {
		name string
		got  string
		want string
	}{
		{"set with all", decode[object.StatefulSet](t, `{"spec":{"replicas":2},"status":{"readyReplicas":2}}`).Problem(), ""},
		{"set wants one by default", decode[object.StatefulSet](t, `{}`).Problem(), "0 of 1 ready"},
		{"set wants none", decode[object.StatefulSet](t, `{"spec":{"replicas":0}}`).Problem(), ""},
		{"daemons missing", decode[object.DaemonSet](t, `{"status":{"desiredNumberScheduled":3,"numberReady":1}}`).Problem(), "1 of 3 ready"},
		{"daemons where they should not", decode[object.DaemonSet](t, `{"status":{"numberMisscheduled":1}}`).Problem(), "runs on 1 nodes where it should not"},
		{"job runs", decode[object.Job](t, `{"status":{"active":1}}`).Problem(), ""},
		{"job tries again", decode[object.Job](t, `{"spec":{"completions":2},"status":{"active":1,"succeeded":1,"failed":3}}`).Problem(), "3 attempts failed"},
		{"job succeeded in the end", decode[object.Job](t, `{"status":{"succeeded":1,"failed":3}}`).Problem(), ""},
		{"job failed", decode[object.Job](t, `{"status":{"conditions":[{"type":"Failed","status":"True"}]}}`).Problem(), "failed"},
		{"cron job never ran", decode[object.CronJob](t, `{}`).Problem(), ""},
		{"cron job fine", decode[object.CronJob](t, `{"status":{"lastScheduleTime":"2026-01-01T00:00:00Z","lastSuccessfulTime":"2026-01-01T00:00:09Z"}}`).Problem(), ""},
		{"cron job runs", decode[object.CronJob](t, `{"status":{"lastScheduleTime":"2026-01-01T00:00:00Z","active":[{"name":"x"}]}}`).Problem(), ""},
		{"cron job failed", decode[object.CronJob](t, `{"status":{"lastScheduleTime":"2026-01-01T00:00:00Z"}}`).Problem(), "last run did not succeed"},
		{"cron job suspended", decode[object.CronJob](t, `{"spec":{"suspend":true},"status":{"lastScheduleTime":"2026-01-01T00:00:00Z"}}`).Problem(), ""},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("%s: %q, want %q", test.name, test.got, test.want)
		}
	}
	for text, want := range map[string]bool{
		`{"spec":{"replicas":2},"status":{"updatedReplicas":2,"readyReplicas":2,"availableReplicas":2}}`: false,
		`{"spec":{"replicas":2},"status":{"updatedReplicas":1,"readyReplicas":2,"availableReplicas":2}}`: true,
		`{"spec":{"replicas":2},"status":{"updatedReplicas":2,"readyReplicas":2,"availableReplicas":1}}`: true,
		`{"spec":{"replicas":2},"status":{"updatedReplicas":2,"readyReplicas":1,"availableReplicas":2}}`: true,
		`{"spec":{"replicas":0}}`: false,
		`{}`:                      true,
	} {
		if got := decode[object.Deployment](t, text).Problem(); got != want {
			t.Errorf("deployment %s: problem %v, want %v", text, got, want)
		}
	}
}

func TestNode(t *testing.T) {
	node := decode[object.Node](t, `{"metadata":{"labels":{"node-role.kubernetes.io/worker":"","node-role.kubernetes.io/":"","node-role.kubernetes.io/master":"","x":"y"}}}`)
	if diff := cmp.Diff([]string{"master", "worker"}, node.Roles()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if ready := node.Ready(); ready.Status != "Unknown" {
		t.Errorf("a node without conditions is %q", ready.Status)
	}
}

func TestEventTimes(t *testing.T) {
	event := decode[object.Event](t, `{"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"},"lastTimestamp":null,"eventTime":"2026-01-01T00:00:01.5Z","series":{"count":4,"lastObservedTime":"2026-01-01T00:09:00Z"}}`)
	if got := event.LastSeen().Format("15:04:05"); got != "00:09:00" || event.Times() != 4 {
		t.Errorf("last seen %s, %d times", got, event.Times())
	}
	if decode[object.Event](t, `{}`).Times() != 1 {
		t.Error("an event without a count happened once")
	}
}

// FuzzObjects decodes anything as any kind of object and asks it everything.
func FuzzObjects(f *testing.F) {
	f.Add([]byte(`{"metadata":{"name":"x","labels":{"node-role.kubernetes.io/":""},"ownerReferences":[{"kind":"Job"}]},"status":{"phase":"Running","containerStatuses":[{"state":{"waiting":{}}}],"initContainerStatuses":[{"state":{}}]}}`))
	f.Add([]byte(`{"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Failed","status":"True"}],"capacity":{"cpu":"1"},"loadBalancer":{"ingress":[{}]}},"usage":{"cpu":"1n"},"containers":[{}],"series":{},"spec":{"replicas":null,"ports":[{}]}}`))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		var pod object.Pod
		_ = json.Unmarshal(raw, &pod)
		_, _, _ = pod.Problem(), pod.Restarts(), pod.Metadata.Controller()
		var node object.Node
		_ = json.Unmarshal(raw, &node)
		_, _, _ = node.Ready(), node.Problems(), node.Roles()
		var deployment object.Deployment
		_ = json.Unmarshal(raw, &deployment)
		_ = deployment.Problem()
		var set object.StatefulSet
		_ = json.Unmarshal(raw, &set)
		_ = set.Problem()
		var daemons object.DaemonSet
		_ = json.Unmarshal(raw, &daemons)
		_ = daemons.Problem()
		var job object.Job
		_ = json.Unmarshal(raw, &job)
		_ = job.Problem()
		var cron object.CronJob
		_ = json.Unmarshal(raw, &cron)
		_ = cron.Problem()
		var service object.Service
		_ = json.Unmarshal(raw, &service)
		_, _ = service.Exposed(), service.Addresses()
		var event object.Event
		_ = json.Unmarshal(raw, &event)
		_, _ = event.LastSeen(), event.Times()
		var usage object.Usage
		_ = json.Unmarshal(raw, &usage)
		_, _ = usage.Sum()
	})
}
