// Package samltest is a SAML identity provider for tests. It answers as it is
// asked, and lets tests change answers before and after they are signed.
package samltest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	"github.com/crewjam/saml/samlsp"
	dsig "github.com/russellhaering/goxmldsig"
)

// Provider is the provider. It serves one test.
type Provider struct {
	// Edit changes an assertion before it is signed; nil: nobody does.
	Edit func(*saml.Assertion)
	// Rearrange changes an answer after it was signed; nil: nobody does.
	Rearrange func(response *etree.Element)
	// Groups are those of the person who signs in.
	Groups []string

	idp *saml.IdentityProvider
	hub *saml.EntityDescriptor
}

// New returns a provider with a key of its own.
func New(t testing.TB) *Provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "identity provider"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{}
	p.idp = &saml.IdentityProvider{
		Key: key, Certificate: certificate, SignatureMethod: dsig.RSASHA256SignatureMethod,
		MetadataURL: url.URL{Scheme: "https", Host: "idp.example.com", Path: "/metadata"},
		SSOURL:      url.URL{Scheme: "https", Host: "idp.example.com", Path: "/sso"}, ServiceProviderProvider: p,
	}
	return p
}

// SignWith has answers be signed in another way, such as dsig.RSASHA1SignatureMethod.
func (p *Provider) SignWith(method string) { p.idp.SignatureMethod = method }

// Metadata returns the provider's description of itself.
func (p *Provider) Metadata(t testing.TB) string {
	t.Helper()
	encoded, err := xml.Marshal(p.idp.Metadata())
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// Meet tells the provider of a hub by its metadata.
func (p *Provider) Meet(t testing.TB, metadata []byte) {
	t.Helper()
	hub, err := samlsp.ParseMetadata(metadata)
	if err != nil {
		t.Fatal(err)
	}
	p.hub = hub
}

// GetServiceProvider is part of saml.ServiceProviderProvider.
func (p *Provider) GetServiceProvider(*http.Request, string) (*saml.EntityDescriptor, error) {
	return p.hub, nil
}

// Answer signs anna in who was sent to an address, and returns the form that
// her browser is to post.
func (p *Provider) Answer(t testing.TB, address string) url.Values {
	t.Helper()
	request, err := saml.NewIdpAuthnRequest(p.idp, httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := request.Validate(); err != nil {
		t.Fatal(err)
	}
	session := &saml.Session{
		NameID: "anna", UserEmail: "anna@example.com", Groups: p.Groups, CreateTime: time.Now(),
		CustomAttributes: []saml.Attribute{{Name: "displayName", Values: []saml.AttributeValue{{Type: "xs:string", Value: "Anna Example"}}}},
	}
	if err := (saml.DefaultAssertionMaker{}).MakeAssertion(request, session); err != nil {
		t.Fatal(err)
	}
	if p.Edit != nil {
		p.Edit(request.Assertion)
	}
	if err := request.MakeResponse(); err != nil {
		t.Fatal(err)
	}
	if p.Rearrange != nil {
		p.Rearrange(request.ResponseEl)
	}
	document := etree.NewDocument()
	document.SetRoot(request.ResponseEl)
	encoded, err := document.WriteToBytes()
	if err != nil {
		t.Fatal(err)
	}
	return url.Values{"RelayState": {request.RelayState}, "SAMLResponse": {base64.StdEncoding.EncodeToString(encoded)}}
}
