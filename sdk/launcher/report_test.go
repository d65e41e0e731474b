package launcher

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReportSurvivesTheWay(t *testing.T) {
	want := Report{Requested: Separate, Effective: Confined, LandlockABI: 7, Missing: []string{"a"}, Open: []string{"b"}}
	got, err := ReadReport(strings.NewReader(string(want.encode())))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report differs (-want +got):\n%s", diff)
	}
}

func TestReportSaysWhatIsMissing(t *testing.T) {
	r := Report{Requested: Separate, Effective: Separate}
	r.lack(Confined, "no ports")
	r.lack(Separate, "no user")
	if r.Effective != Limited || len(r.Missing) != 2 {
		t.Errorf("got %+v, want %s with two missing parts", r, Limited)
	}
	for _, c := range []struct {
		report Report
		want   string
	}{
		{Report{Requested: Confined, Effective: Confined, LandlockABI: 7}, "L2, Landlock ABI 7, no uid separation"},
		{Report{Requested: Separate, Effective: Limited}, "L1 instead of L3, no Landlock, no uid separation"},
		{Report{Requested: Separate, Effective: Separate, LandlockABI: 7, UIDSeparated: true}, "L3, Landlock ABI 7, own uid"},
	} {
		if got := c.report.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestReadReport(t *testing.T) {
	applied := string(Report{Requested: Confined, Effective: Confined}.encode())
	refused := string(Report{Refused: "exec format error"}.encode())
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"ended without a word", "", ErrNoReport},
		{"refused", refused, ErrRefused},
		{"refused after it was confined", applied + refused, ErrRefused},
	} {
		if _, err := ReadReport(strings.NewReader(c.text)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	for _, text := range []string{"plugin\n", `{"requested":2,"more":1}`, `{"requested":2,"effective":3}`, `{"effective":-1}`, `{"requested":9}`, strings.Repeat("x", 1<<20)} {
		if got, err := ReadReport(strings.NewReader(text)); err == nil {
			t.Errorf("%.20q: got %+v", text, got)
		}
	}
}

func TestReportFitsIntoItsPipe(t *testing.T) {
	r := Report{Refused: strings.Repeat("ö", maxReportBytes)}
	for range 100 {
		r.lack(Limited, strings.Repeat("<", 100))
	}
	line := r.encode()
	if len(line) > maxReportBytes {
		t.Errorf("report of %d bytes, want at most %d", len(line), maxReportBytes)
	}
	if got, err := DecodeReport(line); !errors.Is(err, ErrRefused) || got.Effective != Process {
		t.Errorf("got %+v and %v", got, err)
	}
}

func FuzzDecodeReport(f *testing.F) {
	f.Add(Report{Requested: Confined, Effective: Limited, Missing: []string{"x"}}.encode())
	f.Add([]byte("\n\n"))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		report, err := DecodeReport(data)
		if err != nil {
			return
		}
		if back, err := DecodeReport(report.encode()); err == nil && back.Requested != report.Requested {
			t.Fatalf("got %+v, want %+v", back, report)
		}
	})
}
