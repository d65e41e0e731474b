package check

import (
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func TestWords(t *testing.T) {
	cases := []struct{ got, want string }{
		{mountKey("/"), "root"},
		{mountKey("/var/lib/docker"), "var-lib-docker"},
		{mountKey("/srv/Data..1/"), "srv-data-1"},
		{mountKey(`C:\`), "c"},
		{mountKey("/ä"), "disk"},
		{mountKey(""), "disk"},
		{deviceName("/dev/sda"), "sda"},
		{deviceName("md2"), "md2"},
		{deviceName("/dev/mapper/../x y"), "mapper-..-x-y"},
		{spoken(time.Second), "1 second"},
		{spoken(119 * time.Second), "119 seconds"},
		{spoken(2 * time.Minute), "2 minutes"},
		{spoken(119 * time.Minute), "119 minutes"},
		{spoken(3 * time.Hour), "3 hours"},
		{spoken(50 * time.Hour), "2 days"},
		{listed([]string{"a", "b"}, 2), "a, b"},
		{listed([]string{"a", "b", "c"}, 2), "a, b and 1 more"},
		{decimal(7.25), "7.2"},
		{decimal(10), "10"},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// A plugin may tell of a resource without its detail.
func TestResourcesWithoutDetail(t *testing.T) {
	kinds := []resource.Kind{
		resource.KindHost, resource.KindContainerHost, resource.KindAppContainer, resource.KindService,
		resource.KindCluster, resource.KindClusterNode, resource.KindPod, resource.KindDeployment,
	}
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			r := resource.Resource{ID: "x", ParentID: "nobody", Kind: kind, Name: "x", Status: resource.StatusRunning}
			checked := scene{resources: []resource.Resource{r}}.check(t, "x")
			for _, f := range checked.Findings {
				if f.Level != "" {
					t.Errorf("%s: %s", f.Type, f.Message)
				}
			}
		})
	}
}

func TestEverythingAtOnce(t *testing.T) {
	w := scene{}.look(t, viewtest.World(t))
	seen := map[string]bool{}
	for _, checked := range New().All(w) {
		for _, f := range checked.Findings {
			if f.Identity.Key() != checked.Key || f.At.IsZero() {
				t.Errorf("finding %q at %s of %q", f.Identity, f.At, checked.Key)
			}
			if f.Verdict != 0 && (f.AlertID == "" || seen[f.AlertID]) {
				t.Errorf("%s: id %q is empty or there twice", f.Identity, f.AlertID)
			}
			seen[f.AlertID] = true
		}
	}
	if len(seen) == 0 {
		t.Error("nothing was found out")
	}
}
