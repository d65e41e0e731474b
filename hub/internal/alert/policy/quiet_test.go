package policy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
)

// moment parses a point in time for a test.
func moment(tb testing.TB, text string) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

// quiet returns the policy with quiet hours on some days, given by the JSON of "days".
func quiet(tb testing.TB, zone, start, end, days string) *policy.Policy {
	tb.Helper()
	return mustNew(tb, fmt.Sprintf(`{"schedule":{"quietHours":{"enabled":true,"timezone":%q,"start":%q,"end":%q,"days":%s,
		"suppress":{"storage":true}}}}`, zone, start, end, days))
}

func TestQuietHours(t *testing.T) {
	const (
		berlin   = "Europe/Berlin"
		friday   = `{"friday":true}`
		everyDay = `null`
	)
	cases := []struct {
		name, zone, start, end, days string
		now                          string
		until                        string // empty: not quiet
	}{
		// 2026-11-20 is a Friday; Berlin is at +01:00.
		{"inside", berlin, "09:00", "17:00", friday, "2026-11-20T12:00:00+01:00", "2026-11-20T17:00:00+01:00"},
		{"from the first moment", berlin, "09:00", "17:00", friday, "2026-11-20T09:00:00+01:00", "2026-11-20T17:00:00+01:00"},
		{"just before", berlin, "09:00", "17:00", friday, "2026-11-20T08:59:59+01:00", ""},
		{"not at the end", berlin, "09:00", "17:00", friday, "2026-11-20T17:00:00+01:00", ""},
		{"the zone counts", berlin, "09:00", "17:00", friday, "2026-11-20T08:00:00Z", "2026-11-20T16:00:00Z"},
		{"another day", berlin, "09:00", "17:00", friday, "2026-11-19T12:00:00+01:00", ""},
		{"evening before midnight", berlin, "22:00", "06:00", friday, "2026-11-20T23:00:00+01:00", "2026-11-21T06:00:00+01:00"},
		{"morning after", berlin, "22:00", "06:00", friday, "2026-11-21T05:59:00+01:00", "2026-11-21T06:00:00+01:00"},
		{"the morning of the day itself", berlin, "22:00", "06:00", friday, "2026-11-20T05:00:00+01:00", ""},
		{"the evening after", berlin, "22:00", "06:00", friday, "2026-11-21T23:00:00+01:00", ""},
		{"over the end of a month", berlin, "22:00", "06:00", `{"saturday":true}`, "2026-11-01T01:00:00+01:00", "2026-11-01T06:00:00+01:00"},
		{"over the end of a year", berlin, "22:00", "06:00", `{"thursday":true}`, "2027-01-01T01:00:00+01:00", "2027-01-01T06:00:00+01:00"},
		{"any day", berlin, "22:00", "06:00", everyDay, "2026-11-18T05:00:00+01:00", "2026-11-18T06:00:00+01:00"},
		{"no day at all", berlin, "22:00", "06:00", `{"friday":false}`, "2026-11-20T23:00:00+01:00", ""},
		{"a whole day", berlin, "08:00", "08:00", friday, "2026-11-21T07:59:00+01:00", "2026-11-21T08:00:00+01:00"},
		{"a whole day and no more", berlin, "08:00", "08:00", friday, "2026-11-21T08:00:00+01:00", ""},
		{"far east", "Pacific/Kiritimati", "00:00", "06:00", friday, "2026-11-19T11:00:00Z", "2026-11-19T16:00:00Z"},

		// Spring in Berlin: on 2026-03-29 clocks jump from 02:00 to 03:00, at 01:00 UTC.
		{"a short night", berlin, "22:00", "06:00", everyDay, "2026-03-29T03:59:00Z", "2026-03-29T04:00:00Z"},
		{"after a short night", berlin, "22:00", "06:00", everyDay, "2026-03-29T04:00:00Z", ""},
		{"begin is left out", berlin, "02:30", "05:00", everyDay, "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z"},
		{"before a begin that is left out", berlin, "02:30", "05:00", everyDay, "2026-03-29T00:59:00Z", ""},
		{"end is left out", berlin, "22:00", "02:30", everyDay, "2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z"},
		{"after an end that is left out", berlin, "22:00", "02:30", everyDay, "2026-03-29T01:00:00Z", ""},
		{"all is left out", berlin, "02:15", "02:45", everyDay, "2026-03-29T01:00:00Z", ""},

		// Autumn in Berlin: on 2026-10-25 clocks go from 03:00 back to 02:00, at 01:00 UTC.
		{"a long night", berlin, "22:00", "06:00", everyDay, "2026-10-25T04:59:00Z", "2026-10-25T05:00:00Z"},
		{"end comes twice", berlin, "22:00", "02:30", everyDay, "2026-10-25T00:29:00Z", "2026-10-25T00:30:00Z"},
		{"end comes again", berlin, "22:00", "02:30", everyDay, "2026-10-25T01:15:00Z", ""},
		{"begin comes twice", berlin, "02:30", "05:00", everyDay, "2026-10-25T00:30:00Z", "2026-10-25T04:00:00Z"},
		{"begin has come", berlin, "02:30", "05:00", everyDay, "2026-10-25T01:15:00Z", "2026-10-25T04:00:00Z"},

		// New York falls back on 2026-11-01 at 06:00 UTC, Lord Howe by half an hour on 2026-04-05 at 02:00 (2026-04-04T15:00Z).
		{"autumn in the west", "America/New_York", "01:30", "03:00", everyDay, "2026-11-01T05:30:00Z", "2026-11-01T08:00:00Z"},
		{"before autumn in the west", "America/New_York", "01:30", "03:00", everyDay, "2026-11-01T05:29:00Z", ""},
		{"half an hour", "Australia/Lord_Howe", "01:45", "03:00", everyDay, "2026-04-04T14:45:00Z", "2026-04-04T16:30:00Z"},
		{"no change of clocks", "UTC", "01:00", "02:00", everyDay, "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			until, ok := quiet(t, c.zone, c.start, c.end, c.days).Quiet(moment(t, c.now), alert.Warning, "")
			if c.until == "" {
				if ok || !until.IsZero() {
					t.Errorf("quiet until %v, want not quiet", until)
				}
				return
			}
			if want := moment(t, c.until); !ok || !until.Equal(want) {
				t.Errorf("quiet %v until %v, want until %v", ok, until, want)
			}
		})
	}
}

func TestQuietHoursOfLevels(t *testing.T) {
	now := moment(t, "2026-11-20T12:00:00Z")
	p := quiet(t, "UTC", "09:00", "17:00", "{}")
	cases := []struct {
		level    alert.Level
		category alert.Category
		want     bool
	}{
		{alert.Warning, "", true},
		{alert.Warning, alert.Offline, true},
		{alert.Critical, alert.Storage, true},
		{alert.Critical, alert.Performance, false},
		{alert.Critical, alert.Offline, false},
		{alert.Critical, "", false},
	}
	for _, c := range cases {
		if _, got := p.Quiet(now, c.level, c.category); got != c.want {
			t.Errorf("%s of %q is quiet: %v, want %v", c.level, c.category, got, c.want)
		}
	}
	all := mustNew(t, `{"schedule":{"quietHours":{"enabled":true,"timezone":"UTC","start":"00:00","end":"00:00","days":null,
		"suppress":{"performance":true,"offline":true}}}}`)
	for category, want := range map[alert.Category]bool{alert.Performance: true, alert.Offline: true, alert.Storage: false} {
		if _, got := all.Quiet(now, alert.Critical, category); got != want {
			t.Errorf("critical %s is quiet: %v, want %v", category, got, want)
		}
	}
	if _, got := mustNew(t, `{"schedule":{"quietHours":{"start":"00:00","end":"00:00","days":null}}}`).Quiet(now, alert.Warning, ""); got {
		t.Error("quiet hours that are off are quiet")
	}
}

func TestZoneOfTheMachine(t *testing.T) {
	t.Setenv("TZ", ":Asia/Tokyo")
	if got := policy.Default().Schedule.QuietHours.Timezone; got != "Asia/Tokyo" {
		t.Errorf("zone by TZ is %q", got)
	}
	t.Setenv("TZ", "No/Where")
	got := policy.Default().Schedule.QuietHours.Timezone
	if _, err := time.LoadLocation(got); err != nil || got == "" {
		t.Errorf("zone without a sensible TZ is %q: %v", got, err)
	}
	if _, ok := quiet(t, "", "00:00", "00:00", "null").Quiet(time.Now(), alert.Warning, ""); !ok {
		t.Error("the zone of the machine does not count when none is given")
	}
}
