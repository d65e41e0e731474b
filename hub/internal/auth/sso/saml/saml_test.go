package saml

import (
	"encoding/base64"
	"errors"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	saml2 "github.com/crewjam/saml"
	"github.com/google/go-cmp/cmp"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso/saml/samltest"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const base = "https://pulse.example.com"

type bench struct {
	*Desk
	provider *samltest.Provider
	now      time.Time
}

func newBench(t testing.TB) *bench {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "hub.db"), store.Options{KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b := &bench{provider: samltest.New(t), now: time.Now()}
	b.Desk = New(Options{Records: db, Now: func() time.Time { return b.now }})
	metadata, err := b.Metadata(base)
	if err != nil {
		t.Fatal(err)
	}
	b.provider.Meet(t, metadata)
	b.set(t, func(*Settings) {})
	return b
}

func (b *bench) set(t testing.TB, edit func(*Settings)) {
	t.Helper()
	settings := Settings{Enabled: true, Metadata: b.provider.Metadata(t), EmailAttribute: "mail", GroupsAttribute: "eduPersonAffiliation"}
	edit(&settings)
	if _, err := b.Set(t.Context(), settings); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) begin(t testing.TB) sso.Departure {
	t.Helper()
	departure, failure := b.Begin(Start{ReturnTo: "/alerts", Base: base, From: netip.MustParseAddr("192.0.2.7")})
	if failure != nil {
		t.Fatalf("%s: %v", failure.Code, failure.Err)
	}
	return departure
}

func (b *bench) receive(form url.Values) (string, string, *sso.Failure) {
	return b.Receive(form.Get("RelayState"), form.Get("SAMLResponse"))
}

func TestSomebodySignsIn(t *testing.T) {
	b := newBench(t)
	b.provider.Groups = []string{"ops"}
	b.set(t, func(s *Settings) { s.Rules = []sso.RoleRule{{Group: "OPS", Role: "operator"}} })
	departure := b.begin(t)
	if !strings.HasPrefix(departure.URL, "https://idp.example.com/sso?SAMLRequest=") {
		t.Errorf("the browser is sent to %s", departure.URL)
	}
	ticket, returnTo, failure := b.receive(b.provider.Answer(t, departure.URL))
	if failure != nil {
		t.Fatalf("%s: %v", failure.Code, failure.Err)
	}
	who, page, failure := b.Finish(ticket, departure.Browser)
	if failure != nil || returnTo != "/alerts" || page != "/alerts" {
		t.Fatalf("got %+v, back to %s and %s", failure, returnTo, page)
	}
	want := sso.Identity{
		Method: auth.MethodSAML, Provider: "default", Subject: "anna", Name: "anna", Email: "anna@example.com",
		DisplayName: "Anna Example", Groups: []string{"ops"}, Role: "operator",
	}
	if diff := cmp.Diff(want, who); diff != "" {
		t.Error(diff)
	}
	if _, _, failure := b.Finish(ticket, departure.Browser); failure == nil || failure.Code != sso.CodeInvalidState {
		t.Errorf("the ticket counts twice: %+v", failure)
	}
}

func TestOnlyTheBrowserThatBeganComesIn(t *testing.T) {
	b := newBench(t)
	for name, browser := range map[string]string{"none": "", "another": strings.Repeat("A", 43)} {
		departure := b.begin(t)
		ticket, _, failure := b.receive(b.provider.Answer(t, departure.URL))
		if failure != nil {
			t.Fatalf("%s: %v", failure.Code, failure.Err)
		}
		for _, tried := range []string{browser, departure.Browser} { // the first try voids the ticket
			if _, _, failure := b.Finish(ticket, tried); failure == nil || failure.Code != sso.CodeInvalidState {
				t.Errorf("%s: got %+v", name, failure)
			}
		}
	}
	departure := b.begin(t)
	ticket, _, _ := b.receive(b.provider.Answer(t, departure.URL))
	b.now = b.now.Add(answerLife)
	if _, _, failure := b.Finish(ticket, departure.Browser); failure == nil {
		t.Error("a ticket does not grow old")
	}
}

func TestTamperingIsRefused(t *testing.T) {
	assertionOf := func(response *etree.Element) *etree.Element { return response.SelectElement("Assertion") }
	// evil is a copy of the assertion about somebody else.
	evil := func(response *etree.Element) *etree.Element {
		forged := assertionOf(response).Copy()
		forged.FindElement("./Subject/NameID").SetText("root")
		return forged
	}
	unsignResponse := func(response *etree.Element) { response.RemoveChild(response.SelectElement("Signature")) }
	unsign := func(response *etree.Element) {
		assertion := assertionOf(response)
		assertion.RemoveChild(assertion.SelectElement("Signature"))
	}
	tests := map[string]struct {
		edit      func(*saml2.Assertion)
		rearrange func(response *etree.Element)
		settings  func(*Settings)
		method    string
		want      string
	}{
		"unsigned":           {rearrange: func(r *etree.Element) { unsign(r); unsignResponse(r) }, want: CodeInvalidResponse},
		"unsigned assertion": {rearrange: unsign, want: CodeInvalidResponse},
		"changed": {rearrange: func(r *etree.Element) {
			unsignResponse(r)
			assertionOf(r).FindElement("./Subject/NameID").SetText("root")
		}, want: CodeInvalidResponse},
		"changed in a signed answer": {rearrange: func(r *etree.Element) {
			assertionOf(r).FindElement("./Subject/NameID").SetText("root")
		}, want: CodeInvalidResponse},
		"a second assertion before": {rearrange: func(r *etree.Element) {
			unsignResponse(r)
			r.InsertChildAt(0, evil(r))
		}, want: CodeInvalidResponse},
		"the signed one wrapped in the forged one": {rearrange: func(r *etree.Element) {
			unsignResponse(r)
			forged, signed := evil(r), assertionOf(r)
			forged.CreateAttr("ID", "forged")
			r.RemoveChild(signed)
			forged.SelectElement("Signature").CreateElement("ds:Object").AddChild(signed)
			r.AddChild(forged)
		}, want: CodeInvalidResponse},
		"the signed one in an extension": {rearrange: func(r *etree.Element) {
			unsignResponse(r)
			forged, signed := evil(r), assertionOf(r)
			forged.CreateAttr("ID", "forged")
			r.RemoveChild(signed)
			r.CreateElement("samlp:Extensions").AddChild(signed)
			r.AddChild(forged)
		}, want: CodeInvalidResponse},
		"the signature of another element": {rearrange: func(r *etree.Element) {
			unsignResponse(r)
			assertionOf(r).CreateAttr("ID", "other")
		}, want: CodeInvalidResponse},
		"a comment in the name": {rearrange: func(r *etree.Element) {
			assertionOf(r).FindElement("./Subject/NameID").CreateComment("x")
		}, want: CodeInvalidResponse},
		"weak hash":        {method: dsig.RSASHA1SignatureMethod, want: CodeInvalidResponse},
		"other audience":   {edit: func(a *saml2.Assertion) { a.Conditions.AudienceRestrictions[0].Audience.Value = "https://other" }, want: CodeInvalidResponse},
		"no audience":      {edit: func(a *saml2.Assertion) { a.Conditions.AudienceRestrictions = nil }, want: CodeInvalidResponse},
		"no conditions":    {edit: func(a *saml2.Assertion) { a.Conditions = nil }, want: CodeInvalidResponse},
		"expired":          {edit: func(a *saml2.Assertion) { a.Conditions.NotOnOrAfter = time.Now().Add(-time.Hour) }, want: CodeInvalidResponse},
		"not yet":          {edit: func(a *saml2.Assertion) { a.Conditions.NotBefore = time.Now().Add(time.Hour) }, want: CodeInvalidResponse},
		"old":              {edit: func(a *saml2.Assertion) { a.IssueInstant = time.Now().Add(-time.Hour) }, want: CodeInvalidResponse},
		"other issuer":     {edit: func(a *saml2.Assertion) { a.Issuer.Value = "https://evil" }, want: CodeInvalidResponse},
		"other request":    {edit: func(a *saml2.Assertion) { confirmation(a).InResponseTo = "id-other" }, want: CodeInvalidResponse},
		"no request":       {edit: func(a *saml2.Assertion) { confirmation(a).InResponseTo = "" }, want: CodeInvalidResponse},
		"other recipient":  {edit: func(a *saml2.Assertion) { confirmation(a).Recipient = "https://other/acs" }, want: CodeInvalidResponse},
		"late":             {edit: func(a *saml2.Assertion) { confirmation(a).NotOnOrAfter = time.Now().Add(-time.Hour) }, want: CodeInvalidResponse},
		"no confirmation":  {edit: func(a *saml2.Assertion) { a.Subject.SubjectConfirmations = nil }, want: CodeInvalidResponse},
		"not by bearer":    {edit: func(a *saml2.Assertion) { a.Subject.SubjectConfirmations[0].Method = "urn:other" }, want: CodeInvalidResponse},
		"nobody":           {edit: func(a *saml2.Assertion) { a.Subject.NameID.Value = " " }, want: sso.CodeInvalidClaims},
		"email":            {settings: func(s *Settings) { s.AllowedEmails = []string{"ben@example.com"} }, want: sso.CodeEmailRestricted},
		"domain":           {settings: func(s *Settings) { s.AllowedDomains = []string{"other.com"} }, want: sso.CodeDomainRestricted},
		"group":            {settings: func(s *Settings) { s.AllowedGroups = []string{"ops"} }, want: sso.CodeGroupRestricted},
		"no role":          {settings: func(s *Settings) { s.Rules = []sso.RoleRule{{Group: "ops", Role: "admin"}} }, want: sso.CodeGroupRestricted},
		"another provider": {settings: func(s *Settings) { s.Metadata = samltest.New(t).Metadata(t) }, want: CodeInvalidResponse},
		"status": {rearrange: func(r *etree.Element) {
			r.FindElement("./Status/StatusCode").CreateAttr("Value", "urn:oasis:names:tc:SAML:2.0:status:Responder")
		}, want: "access_denied"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.provider.Edit, b.provider.Rearrange = tt.edit, tt.rearrange
			if tt.method != "" {
				b.provider.SignWith(tt.method)
			}
			if tt.settings != nil {
				b.set(t, tt.settings)
			}
			ticket, returnTo, failure := b.receive(b.provider.Answer(t, b.begin(t).URL))
			if failure == nil || failure.Code != tt.want {
				t.Fatalf("got %q, %+v, want %s", ticket, failure, tt.want)
			}
			if returnTo != "/alerts" {
				t.Errorf("returns to %s", returnTo)
			}
		})
	}
}

func confirmation(a *saml2.Assertion) *saml2.SubjectConfirmationData {
	return a.Subject.SubjectConfirmations[0].SubjectConfirmationData
}

func TestAnAnswerCountsOnce(t *testing.T) {
	b := newBench(t)
	form := b.provider.Answer(t, b.begin(t).URL)
	if _, _, failure := b.receive(form); failure != nil {
		t.Fatalf("%s: %v", failure.Code, failure.Err)
	}
	if _, _, failure := b.receive(form); failure == nil || failure.Code != sso.CodeInvalidState {
		t.Errorf("the same answer again: %+v", failure)
	}
	other := b.begin(t)
	form.Set("RelayState", b.provider.Answer(t, other.URL).Get("RelayState"))
	if _, _, failure := b.receive(form); failure == nil || failure.Code != CodeInvalidResponse {
		t.Errorf("an answer to another request: %+v", failure)
	}
	if !b.used.First("issuer id") || b.used.First("issuer id") {
		t.Error("assertions are not remembered")
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	b := newBench(t)
	for name, response := range map[string]string{
		"empty": "", "no base64": "%", "no XML": encode("hello"), "long": strings.Repeat("A", maxResponse+4),
		"other root":    encode(`<a/>`),
		"document type": encode(`<!DOCTYPE a [<!ENTITY e "x">]><samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">&e;</samlp:Response>`),
		"deep":          encode(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">` + strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000) + `</samlp:Response>`),
		"bare":          encode(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>`),
	} {
		relayState := b.provider.Answer(t, b.begin(t).URL).Get("RelayState")
		if _, _, failure := b.Receive(relayState, response); failure == nil || failure.Code != CodeInvalidResponse {
			t.Errorf("%s: got %+v", name, failure)
		}
	}
	if _, returnTo, failure := b.Receive("unknown", ""); failure == nil || failure.Code != sso.CodeInvalidState || returnTo != "/" {
		t.Errorf("got %+v", failure)
	}
}

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestSettings(t *testing.T) {
	b := newBench(t)
	good := b.provider.Metadata(t)
	for name, tt := range map[string]struct {
		settings Settings
		want     string
	}{
		"none":      {Settings{Enabled: true}, "saml metadata of the identity provider: is required when SAML is enabled"},
		"no XML":    {Settings{Metadata: "hello"}, "saml metadata of the identity provider: is not the XML it should be"},
		"long":      {Settings{Metadata: strings.Repeat("x", maxMetadata+1)}, "saml metadata of the identity provider: is too long"},
		"of a hub":  {Settings{Metadata: `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"></EntityDescriptor>`}, "saml metadata of the identity provider: describes no identity provider"},
		"no key":    {Settings{Metadata: strings.ReplaceAll(good, "KeyDescriptor", "Other")}, "saml metadata of the identity provider: holds no certificate for signatures"},
		"no login":  {Settings{Metadata: strings.ReplaceAll(good, "HTTP-Redirect", "Other")}, "saml metadata of the identity provider: names no address to sign in by redirect"},
		"long text": {Settings{EntityID: strings.Repeat("x", maxText+1)}, "a value is too long"},
		"rule":      {Settings{RoleMapping: sso.RoleMapping{Rules: []sso.RoleRule{{Group: "x"}}}}, "every role rule needs a group and a role"},
	} {
		_, err := b.Set(t.Context(), tt.settings)
		var wrong *sso.SettingsError
		if !errors.As(err, &wrong) || wrong.Text != tt.want {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
	again := New(Options{Records: b.options.Records})
	if again.Enabled() {
		t.Error("enabled without settings")
	}
	if _, failure := again.Begin(Start{Base: base}); failure == nil || failure.Code != CodeDisabled {
		t.Errorf("got %+v", failure)
	}
	if err := again.Load(t.Context()); err != nil || !again.Enabled() || !cmp.Equal(again.Settings(), b.Settings()) {
		t.Errorf("after a start: %v, %s", err, cmp.Diff(b.Settings(), again.Settings()))
	}
	departure := b.begin(t)
	form := b.provider.Answer(t, departure.URL)
	b.set(t, func(s *Settings) { s.Enabled = false })
	if _, _, failure := b.receive(form); failure == nil || failure.Code != CodeDisabled {
		t.Errorf("after it was turned off: %+v", failure)
	}
}

func TestMetadataNamesOnlyWhatThereIs(t *testing.T) {
	b := newBench(t)
	b.set(t, func(s *Settings) { s.EntityID = "urn:pulse" })
	metadata, err := b.Metadata(base + "/")
	if err != nil {
		t.Fatal(err)
	}
	text := string(metadata)
	for _, want := range []string{`entityID="urn:pulse"`, `Location="https://pulse.example.com/api/saml/acs"`, `WantAssertionsSigned="true"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
	if strings.Contains(text, "Artifact") {
		t.Error("it names a binding that there is not")
	}
}

func FuzzReceive(f *testing.F) {
	b := newBench(f)
	form := b.provider.Answer(f, b.begin(f).URL)
	signed, err := base64.StdEncoding.DecodeString(form.Get("SAMLResponse"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add([]byte(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>`))
	f.Add([]byte(`<!DOCTYPE x><a/>`))
	sp := b.current.Load()
	f.Fuzz(func(t *testing.T, decoded []byte) {
		s := state{request: "id-never", base: base}
		if _, failure := sp.verify(s, base64.StdEncoding.EncodeToString(decoded)); failure == nil {
			t.Fatalf("an answer to no request is accepted: %q", decoded)
		}
	})
}
