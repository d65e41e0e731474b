package session

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

func sample() *entry {
	created := time.Date(2026, 11, 23, 8, 0, 0, 1_000_000, time.UTC)
	return &entry{
		Session: Session{
			ID: "01M854PBE3YZ4BW4301V6SRTFD", User: "anna", Method: auth.MethodOIDC, Provider: "default", Remember: true,
			Created: created, Seen: created.Add(time.Hour), Expires: created.Add(time.Hour + 30*24*time.Hour),
			Address: "2001:db8::1", UserAgent: firefox,
		},
		key: digestOf("secret"), address: netip.MustParseAddr("2001:db8::1"), browser: browserOf(firefox),
		csrf: digestOf("token"), csrfUntil: created.Add(csrfLength), written: created.Add(time.Hour),
		upstream: &Upstream{
			IDToken: "i", AccessToken: "a", RefreshToken: "r", Expires: created.Add(time.Minute), Issuer: "https://idp.example", SessionID: "s",
		},
	}
}

// TestARecordHoldsEverything: also a field that is added later.
func TestARecordHoldsEverything(t *testing.T) {
	e := sample()
	for _, value := range []reflect.Value{reflect.ValueOf(*e), reflect.ValueOf(e.Session), reflect.ValueOf(*e.upstream)} {
		for i := range value.NumField() {
			if value.Field(i).IsZero() {
				t.Errorf("the sample has no %s", value.Type().Field(i).Name)
			}
		}
	}
	value, err := encodeRecord(e)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeRecord(keyText(e.key), value)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, e) {
		t.Error(cmp.Diff(e.Session, got.Session), cmp.Diff(e.upstream, got.upstream), got, e)
	}
}

func TestRecordsThatMakeNoSenseHoldNoSession(t *testing.T) {
	tests := map[string]func(*record){
		"no id":           func(r *record) { r.ID = "" },
		"long id":         func(r *record) { r.ID = strings.Repeat("i", 257) },
		"no user":         func(r *record) { r.User = "" },
		"unknown method":  func(r *record) { r.Method = auth.MethodToken },
		"time before all": func(r *record) { r.Created = -1 },
		"time after all":  func(r *record) { r.Expires = maxMillis + 1 },
		"bad address":     func(r *record) { r.Address = "localhost" },
		"bad hash":        func(r *record) { r.CSRF = "00" },
		"long tokens":     func(r *record) { r.Upstream.IDToken = strings.Repeat("t", MaxUpstream) },
		"too long":        func(r *record) { r.UserAgent = strings.Repeat("a", maxRecord) },
	}
	for name, spoil := range tests {
		if _, err := decodeChanged(t, spoil); err == nil {
			t.Errorf("%s: a session", name)
		}
	}
	for _, key := range []string{"", "zz", strings.Repeat("A", 64), strings.Repeat("a", 66)} {
		if _, err := decodeRecord(key, []byte("{}")); err == nil {
			t.Errorf("key %q: a session", key)
		}
	}
}

func TestARecordLivesNoLongerThanSessionsDo(t *testing.T) {
	e, err := decodeChanged(t, func(r *record) { r.Expires, r.CSRFUntil, r.Remember = maxMillis, maxMillis, false })
	if err != nil {
		t.Fatal(err)
	}
	if !e.Expires.Equal(e.Seen.Add(24*time.Hour)) || !e.csrfUntil.Equal(e.Seen.Add(csrfLength)) {
		t.Errorf("expires %v, token %v; seen %v", e.Expires, e.csrfUntil, e.Seen)
	}
}

func decodeChanged(t *testing.T, spoil func(*record)) (*entry, error) {
	t.Helper()
	value, err := encodeRecord(sample())
	if err != nil {
		t.Fatal(err)
	}
	var r record
	if err := json.Unmarshal(value, &r); err != nil {
		t.Fatal(err)
	}
	spoil(&r)
	if value, err = json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	return decodeRecord(keyText(digestOf("secret")), value)
}

func FuzzDecodeRecord(f *testing.F) {
	value, err := encodeRecord(sample())
	if err != nil {
		f.Fatal(err)
	}
	key := keyText(digestOf("secret"))
	f.Add(key, value)
	f.Add(key, []byte(`{"id":"i","user":"u","method":"session","created":1,"seen":2,"expires":3,"address":"fe80::1%eth0","upstream":{}}`))
	f.Add("", []byte("{"))
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		e, err := decodeRecord(key, value)
		if err != nil {
			return
		}
		if e.Expires.After(e.Created.Add(maxAge)) || len(e.UserAgent) > maxUserAgent || e.User == "" {
			t.Errorf("out of bounds: %+v", e)
		}
		again, err := encodeRecord(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := decodeRecord(key, again)
		if err != nil || !reflect.DeepEqual(back, e) {
			t.Errorf("from %+v came %+v, %v", e, back, err)
		}
	})
}
