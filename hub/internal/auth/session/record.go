package session

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// errRecord: a record holds no session.
var errRecord = errors.New("record holds no session")

// maxMillis is the last moment that a record tells, the end of the year 9999.
const maxMillis = 253_402_300_799_999

// maxRecord bounds a record, in bytes. Every byte of a name or token takes six at most.
const maxRecord = 6*(MaxUpstream+maxUserAgent+4*maxName) + 1024

// record is a session as it is stored, in JSON, in the sealed bucket sessions.
// Its key is SHA-256 of the secret in 64 lower-case hexadecimal digits. Times
// are Unix milliseconds. Members may be added; those that are not known are
// ignored.
type record struct {
	ID        string          `json:"id"`
	User      string          `json:"user"`
	Method    auth.Method     `json:"method"`
	Provider  string          `json:"provider,omitempty"`
	Remember  bool            `json:"remember,omitempty"`
	Created   int64           `json:"created"`
	Seen      int64           `json:"seen"`
	Expires   int64           `json:"expires"`
	Address   string          `json:"address,omitempty"`
	UserAgent string          `json:"user_agent,omitempty"`
	CSRF      string          `json:"csrf,omitempty"` // SHA-256 in 64 hexadecimal digits
	CSRFUntil int64           `json:"csrf_until,omitempty"`
	Upstream  *upstreamRecord `json:"upstream,omitempty"`
}

// upstreamRecord is an Upstream as it is stored.
type upstreamRecord struct {
	IDToken      string `json:"id_token,omitempty"`
	AccessToken  string `json:"access_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Expires      int64  `json:"expires,omitempty"` // 0: not known
	Issuer       string `json:"issuer,omitempty"`
	SessionID    string `json:"sid,omitempty"`
}

func encodeRecord(e *entry) ([]byte, error) {
	r := record{
		ID: e.ID, User: e.User, Method: e.Method, Provider: e.Provider, Remember: e.Remember,
		Created: e.Created.UnixMilli(), Seen: e.Seen.UnixMilli(), Expires: e.Expires.UnixMilli(),
		Address: e.Address, UserAgent: e.UserAgent,
		CSRF: hex.EncodeToString(e.csrf[:]), CSRFUntil: e.csrfUntil.UnixMilli(),
	}
	if u := e.upstream; u != nil {
		r.Upstream = &upstreamRecord{
			IDToken: u.IDToken, AccessToken: u.AccessToken, RefreshToken: u.RefreshToken, Issuer: u.Issuer, SessionID: u.SessionID,
		}
		if !u.Expires.IsZero() {
			r.Upstream.Expires = u.Expires.UnixMilli()
		}
	}
	return json.Marshal(r)
}

// decodeRecord returns the session of a record. What would let it live longer
// than sessions do is cut.
func decodeRecord(key string, value []byte) (*entry, error) {
	secret, err := parseKey(key)
	if err != nil {
		return nil, err
	}
	if len(value) > maxRecord {
		return nil, fmt.Errorf("%w: too long", errRecord)
	}
	var r record
	if err := json.Unmarshal(value, &r); err != nil {
		return nil, errRecord // the text of the error could tell secrets
	}
	e := &entry{
		Session: Session{
			ID: r.ID, User: r.User, Method: r.Method, Provider: r.Provider, Remember: r.Remember,
			UserAgent: cutUserAgent(r.UserAgent),
		},
		key: secret, browser: browserOf(r.UserAgent),
	}
	if err := e.takeTimes(&r); err != nil {
		return nil, err
	}
	if err := e.takeAddress(r.Address); err != nil {
		return nil, err
	}
	if r.CSRF != "" {
		if e.csrf, err = parseKey(r.CSRF); err != nil {
			return nil, err
		}
	}
	e.upstream = r.Upstream.decode()
	draft := Draft{User: e.User, Method: e.Method, Provider: e.Provider, Upstream: e.upstream}
	if err := draft.check(); err != nil {
		return nil, err
	}
	if e.ID == "" || len(e.ID) > maxName {
		return nil, fmt.Errorf("%w: id", errRecord)
	}
	return e, nil
}

func (e *entry) takeTimes(r *record) error {
	for _, millis := range []int64{r.Created, r.Seen, r.Expires, r.CSRFUntil} {
		if millis < 0 || millis > maxMillis {
			return fmt.Errorf("%w: time", errRecord)
		}
	}
	e.Created, e.Seen, e.Expires = moment(r.Created), moment(r.Seen), moment(r.Expires)
	for _, end := range []time.Time{e.Seen.Add(Length(e.Remember)), e.Created.Add(maxAge)} {
		if e.Expires.After(end) {
			e.Expires = end
		}
	}
	if e.csrfUntil = moment(r.CSRFUntil); e.csrfUntil.After(e.Seen.Add(csrfLength)) {
		e.csrfUntil = e.Seen.Add(csrfLength)
	}
	e.written = e.Seen
	return nil
}

func (e *entry) takeAddress(text string) error {
	if text == "" {
		return nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return fmt.Errorf("%w: address", errRecord)
	}
	e.address = plainAddress(address)
	e.Address = addressText(e.address)
	return nil
}

func (r *upstreamRecord) decode() *Upstream {
	if r == nil {
		return nil
	}
	u := &Upstream{
		IDToken: r.IDToken, AccessToken: r.AccessToken, RefreshToken: r.RefreshToken, Issuer: r.Issuer, SessionID: r.SessionID,
	}
	if r.Expires > 0 && r.Expires <= maxMillis {
		u.Expires = moment(r.Expires)
	}
	return u
}

func moment(millis int64) time.Time { return time.UnixMilli(millis).UTC() }

func keyText(key digest) string { return hex.EncodeToString(key[:]) }

// parseKey reads 64 lower-case hexadecimal digits.
func parseKey(text string) (digest, error) {
	decoded, err := hex.DecodeString(text)
	if err != nil || len(decoded) != len(digest{}) || hex.EncodeToString(decoded) != text {
		return digest{}, fmt.Errorf("%w: hash", errRecord)
	}
	return digest(decoded), nil
}
