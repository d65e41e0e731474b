package catalogue_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/view/notifications/catalogue"
)

func TestTheFormOffersTenServices(t *testing.T) {
	list, err := catalogue.Templates()
	if err != nil {
		t.Fatal(err)
	}
	var services []string
	for _, one := range list {
		services = append(services, one.Service)
		if one.Name == "" || one.Method != http.MethodPost || one.Headers["Content-Type"] == "" || one.PayloadTemplate == "" || one.Instructions == "" {
			t.Errorf("%s lacks something: %+v", one.Service, one)
		}
	}
	want := []string{
		"discord", "telegram", "slack", "teams", "pagerduty", "teams-adaptive", "pushover", "gotify", "ntfy", "generic",
	}
	if diff := cmp.Diff(want, services); diff != "" {
		t.Errorf("services differ (-want +got):\n%s", diff)
	}
}
