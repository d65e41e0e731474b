package saml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

const (
	// maxDepth and maxElements bound the XML of an answer.
	maxDepth    = 32
	maxElements = 5000

	protocolSpace  = "urn:oasis:names:tc:SAML:2.0:protocol"
	assertionSpace = "urn:oasis:names:tc:SAML:2.0:assertion"
	signatureSpace = "http://www.w3.org/2000/09/xmldsig#"
	bearer         = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
)

// form checks the shape of an answer before anybody looks for a signature in
// it. What attacks on XML signatures live from is refused: a second assertion,
// elements of one id, signatures that sign something else than where they stand,
// comments within values. Specified in SAML Core 2.0, chapters 2 and 5.
type form struct {
	path     []element
	elements int
	ids      map[string]bool
	// counts are elements of the assertion by their local name.
	counts map[string]int
	signed bool // the assertion has a signature
}

type element struct {
	name xml.Name
	id   string
}

// checkForm returns what is wrong with the shape of an answer.
func checkForm(decoded []byte) error {
	f := form{ids: map[string]bool{}, counts: map[string]int{}}
	decoder := xml.NewDecoder(bytes.NewReader(decoded))
	for first := true; ; first = false {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return f.complete()
		}
		if err != nil {
			return errors.New("answer is not well-formed XML")
		}
		if err := f.take(token, first); err != nil {
			return err
		}
	}
}

func (f *form) take(token xml.Token, first bool) error {
	switch token := token.(type) {
	case xml.StartElement:
		return f.open(token)
	case xml.EndElement:
		f.path = f.path[:len(f.path)-1]
	case xml.ProcInst:
		if !first || token.Target != "xml" {
			return errors.New("answer holds a processing instruction")
		}
	case xml.Directive:
		return errors.New("answer holds a document type")
	case xml.Comment:
		return errors.New("answer holds a comment")
	}
	return nil
}

func (f *form) open(start xml.StartElement) error {
	if f.elements++; f.elements > maxElements || len(f.path) >= maxDepth {
		return errors.New("answer has too many elements")
	}
	isRoot := len(f.path) == 0
	if isRoot && (f.elements > 1 || start.Name != (xml.Name{Space: protocolSpace, Local: "Response"})) {
		return errors.New("answer is no response")
	}
	seen := map[xml.Name]bool{}
	opened := element{name: start.Name}
	for _, attr := range start.Attr {
		if seen[attr.Name] {
			return errors.New("answer names an attribute twice")
		}
		seen[attr.Name] = true
		if !strings.EqualFold(attr.Name.Local, "id") {
			continue
		}
		if f.ids[attr.Value] {
			return errors.New("answer has an id twice")
		}
		f.ids[attr.Value], opened.id = true, attr.Value
	}
	if err := f.place(start); err != nil {
		return err
	}
	f.path = append(f.path, opened)
	return nil
}

// place checks that an element stands where it may.
func (f *form) place(start xml.StartElement) error {
	switch name := start.Name; {
	case name.Local == "EncryptedAssertion":
		return errors.New("encrypted assertions are not supported")
	case name.Local == "Assertion":
		if name.Space != assertionSpace || len(f.path) != 1 {
			return errors.New("assertion is not where it belongs")
		}
		f.counts["Assertion"]++
	case name.Local == "Response" && len(f.path) > 0:
		return errors.New("answer holds another one")
	case name.Space == signatureSpace:
		return f.placeSignature(start)
	case name.Space == assertionSpace:
		f.counts[name.Local]++
		if name.Local == "SubjectConfirmation" && valueOf(start, "Method") != bearer {
			return errors.New("subject is not confirmed by the bearer")
		}
	}
	return nil
}

func (f *form) placeSignature(start xml.StartElement) error {
	switch start.Name.Local {
	case "Signature":
		parent := f.parent(0)
		if parent.name != (xml.Name{Space: assertionSpace, Local: "Assertion"}) && len(f.path) != 1 {
			return errors.New("signature is not where it belongs")
		}
		if len(f.path) == 2 {
			f.signed = true
		}
	case "Object":
		return errors.New("signature holds an object")
	case "Reference":
		// Signature, SignedInfo, Reference: what is signed is the parent of the signature.
		if owner := f.parent(2); owner.id == "" || valueOf(start, "URI") != "#"+owner.id {
			return errors.New("signature is about something else")
		}
	case "SignatureMethod", "DigestMethod":
		if !isStrong(valueOf(start, "Algorithm")) {
			return errors.New("signature is of a kind that is not secure")
		}
	}
	return nil
}

// parent returns an element above the one that opens; 0 is the nearest.
func (f *form) parent(above int) element {
	if above >= len(f.path) {
		return element{}
	}
	return f.path[len(f.path)-1-above]
}

// isStrong reports whether an algorithm uses a hash of the SHA-2 family.
func isStrong(algorithm string) bool {
	for _, hash := range []string{"sha256", "sha384", "sha512"} {
		if strings.HasSuffix(algorithm, hash) {
			return true
		}
	}
	return false
}

func valueOf(start xml.StartElement, name string) string {
	for _, attr := range start.Attr {
		if attr.Name == (xml.Name{Local: name}) {
			return attr.Value
		}
	}
	return ""
}

// complete checks that the answer has what it needs.
func (f *form) complete() error {
	for _, name := range []string{"Assertion", "Subject", "NameID", "SubjectConfirmation", "SubjectConfirmationData", "Conditions"} {
		if f.counts[name] != 1 {
			return errors.New("answer needs exactly one " + name)
		}
	}
	if !f.signed {
		return errors.New("assertion is not signed")
	}
	return nil
}
