package saml

import (
	"encoding/xml"
	"fmt"
	"time"

	saml2 "github.com/crewjam/saml"
)

// metadataLife is how long providers may go by the description of the hub.
// Nothing in it changes by itself.
const metadataLife = 365 * 24 * time.Hour

// Metadata describes the hub at an address to providers, in XML. It is there
// before a provider is set up, for providers want it first.
func (d *Desk) Metadata(base string) ([]byte, error) {
	sp, err := d.current.Load().serviceProvider(base)
	if err != nil {
		return nil, fmt.Errorf("address of the hub: %w", err)
	}
	sp.MetadataValidDuration = metadataLife
	described := sp.Metadata()
	role := &described.SPSSODescriptors[0]
	posts := role.AssertionConsumerServices[:0]
	for _, service := range role.AssertionConsumerServices {
		if service.Binding == saml2.HTTPPostBinding { // the library names another one that the hub has not
			posts = append(posts, service)
		}
	}
	role.AssertionConsumerServices = posts
	encoded, err := xml.MarshalIndent(described, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode saml metadata: %w", err)
	}
	return append([]byte(xml.Header), encoded...), nil
}
