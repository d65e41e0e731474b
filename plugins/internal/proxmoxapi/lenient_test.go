package proxmoxapi_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
)

func TestNumbers(t *testing.T) {
	for _, tt := range []struct {
		text  string
		want  float64
		known bool
	}{
		{`12`, 12, true}, {`"12"`, 12, true}, {`-0.5`, -0.5, true}, {`"1e3"`, 1000, true}, {`" 7 "`, 7, true},
		{`null`, 0, false}, {`""`, 0, false}, {`"N/A"`, 0, false}, {`true`, 0, false}, {`{}`, 0, false}, {`[1]`, 0, false},
		{`"NaN"`, 0, false}, {`"inf"`, 0, false}, {`"0x"`, 0, false},
	} {
		n := proxmoxapi.NumberOf(99)
		if err := json.Unmarshal([]byte(tt.text), &n); err != nil || n.Float() != tt.want || n.Known() != tt.known {
			t.Errorf("%s: %v, known %v, error %v", tt.text, n.Float(), n.Known(), err)
		}
		if (n.Pointer() != nil) != tt.known {
			t.Errorf("%s: pointer %v", tt.text, n.Pointer())
		}
	}
}

func TestNumbersOutOfRange(t *testing.T) {
	huge, negative := proxmoxapi.NumberOf(math.MaxFloat64), proxmoxapi.NumberOf(-math.MaxFloat64)
	if huge.Bytes() != 1<<63 || negative.Bytes() != 0 || huge.Int() != 1<<53 || negative.Int() != -1<<53 {
		t.Errorf("bytes %d and %d, ints %d and %d", huge.Bytes(), negative.Bytes(), huge.Int(), negative.Int())
	}
	if huge.Seconds() <= 0 || negative.Seconds() != 0 || !huge.Time().IsZero() || !negative.Time().IsZero() {
		t.Errorf("seconds %v and %v, times %v and %v", huge.Seconds(), negative.Seconds(), huge.Time(), negative.Time())
	}
	if got := proxmoxapi.NumberOf(1795400000.5).Time(); !got.Equal(time.Unix(1795400000, 5e8)) {
		t.Errorf("got %v", got)
	}
}

func TestFlags(t *testing.T) {
	for text, want := range map[string]bool{
		`1`: true, `"1"`: true, `true`: true, `"yes"`: true, `"on"`: true,
		`0`: false, `"0"`: false, `false`: false, `null`: false, `""`: false, `[]`: false, `2`: false,
	} {
		flag := proxmoxapi.Flag(!want)
		if err := json.Unmarshal([]byte(text), &flag); bool(flag) != want || (err != nil) {
			if text != "null" || bool(flag) { // encoding/json asks for null as well
				t.Errorf("%s: %v, error %v", text, flag, err)
			}
		}
	}
}

func TestTexts(t *testing.T) {
	for text, want := range map[string]proxmoxapi.Text{
		`"a\u0041"`: "aA", `12`: "12", `true`: "true", `null`: "", `{"a":1}`: "", `[1]`: "",
	} {
		got := proxmoxapi.Text("before")
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: %q, error %v", text, got, err)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, proxmoxapi.Text("a;b, c").Fields()); diff != "" {
		t.Error(diff)
	}
	want := map[string]string{"": "local:vm-1", "size": "8G", "ssd": "1"}
	if diff := cmp.Diff(want, proxmoxapi.Text("local:vm-1,size=8G,ssd=1,more").Options()); diff != "" {
		t.Error(diff)
	}
}

// row has every lenient type where an answer may have anything.
type row struct {
	Number proxmoxapi.Number `json:"n"`
	Flag   proxmoxapi.Flag   `json:"f"`
	Text   proxmoxapi.Text   `json:"t"`
}

func FuzzLenient(f *testing.F) {
	for _, seed := range []string{`{"n":1,"f":1,"t":"x"}`, `{"n":"N/A","f":"0","t":5}`, `{"n":{},"f":[],"t":{}}`, `{"n":1e999,"f":null,"t":null}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var generic map[string]any
		var r row
		if json.Unmarshal(data, &generic) != nil {
			return
		}
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		if v := r.Number.Float(); math.IsNaN(v) || math.IsInf(v, 0) || (!r.Number.Known() && v != 0) {
			t.Errorf("%q: number %v", data, v)
		}
		if r.Number.Seconds() < 0 || r.Number.Time().Year() > 9999 {
			t.Errorf("%q: %v, %v", data, r.Number.Seconds(), r.Number.Time())
		}
		if _, err := json.Marshal(r.Number.Time()); err != nil {
			t.Errorf("%q: %v", data, err)
		}
	})
}
