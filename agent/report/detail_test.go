package report_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/report"
)

func TestDetailSurvivesARoundTrip(t *testing.T) {
	before, after := roundTrip[report.HostDetail](t, read(t, "host-detail.json"))
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("detail changed (-recorded +encoded):\n%s", diff)
	}
}

func TestRecordedDetailHasEveryField(t *testing.T) {
	var detail report.HostDetail
	if err := json.Unmarshal(read(t, "host-detail.json"), &detail); err != nil {
		t.Fatal(err)
	}
	value := reflect.ValueOf(detail)
	for i := range value.NumField() {
		if value.Field(i).IsZero() {
			t.Errorf("the recording lacks %s", value.Type().Field(i).Name)
		}
	}
}

func TestEmptyDetailIsAnEmptyObject(t *testing.T) {
	got, err := json.Marshal(report.HostDetail{})
	if err != nil || string(got) != "{}" {
		t.Errorf("empty detail = %s, %v", got, err)
	}
}

func FuzzDecodeHostDetail(f *testing.F) { fuzzDecode[report.HostDetail](f, "host-detail.json") }
