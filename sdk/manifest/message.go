package manifest

import (
	"encoding/json"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// ToMessage returns what a running plugin answers to Describe: the manifest
// without $schema, exec and the file format's version.
func (m *Manifest) ToMessage() *pluginv1.Manifest {
	message := &pluginv1.Manifest{
		Id:          m.ID,
		Version:     m.Version,
		Name:        m.Name,
		Description: m.Description,
		Author:      &pluginv1.Author{Name: m.Author.Name, Url: m.Author.URL},
		License:     m.License,
		Homepage:    m.Homepage,
		Icon:        m.Icon,
		Protocol:    &pluginv1.ProtocolRange{Min: m.Protocol.Min, Max: m.Protocol.Max},
		Pulse:       m.Pulse,
		Needs: &pluginv1.Needs{
			Network: m.Needs.Network, Host: m.Needs.Host, Exec: m.Needs.Exec, Read: m.Needs.Read,
		},
		Limits:      &pluginv1.Limits{MemoryBytes: uint64(m.Limits.Memory), Nofile: m.Limits.NoFile},
		Isolation:   m.Isolation,
		WithoutMtls: m.Transport.MTLS != nil && !*m.Transport.MTLS,
		Sdk:         m.SDK,
	}
	for i := range m.Components {
		message.Components = append(message.Components, m.Components[i].toMessage())
	}
	return message
}

func (c *Component) toMessage() *pluginv1.Component {
	message := &pluginv1.Component{
		Kind:         c.Kind,
		Type:         c.Type,
		Name:         c.Name,
		Description:  c.Description,
		ConfigSchema: string(c.Config),
		Features:     c.Features,
		Category:     c.Category,
		Icon:         c.Icon,
	}
	for _, d := range c.Datasets {
		message.Datasets = append(message.Datasets, &pluginv1.Dataset{
			Name:        d.Name,
			Title:       d.Title,
			Interval:    durationpb.New(time.Duration(d.Interval)),
			MinInterval: durationpb.New(time.Duration(d.MinInterval)),
			Timeout:     durationpb.New(time.Duration(d.Timeout)),
		})
	}
	for _, p := range c.Presets {
		message.Presets = append(message.Presets, &pluginv1.Preset{Name: p.Name, ConfigJson: string(p.Config)})
	}
	return message
}

// FromMessage returns the manifest of an answer to Describe. It is not
// checked; Validate does that.
func FromMessage(p *pluginv1.Manifest) *Manifest {
	m := &Manifest{
		Manifest:    FormatVersion,
		ID:          p.GetId(),
		Version:     p.GetVersion(),
		Name:        p.GetName(),
		Description: p.GetDescription(),
		Author:      Author{Name: p.GetAuthor().GetName(), URL: p.GetAuthor().GetUrl()},
		License:     p.GetLicense(),
		Homepage:    p.GetHomepage(),
		Icon:        p.GetIcon(),
		SDK:         p.GetSdk(),
		Protocol:    Range{Min: p.GetProtocol().GetMin(), Max: p.GetProtocol().GetMax()},
		Pulse:       p.GetPulse(),
		Needs: Needs{
			Network: p.GetNeeds().GetNetwork(),
			Host:    p.GetNeeds().GetHost(),
			Exec:    p.GetNeeds().GetExec(),
			Read:    p.GetNeeds().GetRead(),
		},
		Limits:    Limits{Memory: Bytes(p.GetLimits().GetMemoryBytes()), NoFile: p.GetLimits().GetNofile()},
		Isolation: p.GetIsolation(),
	}
	if p.GetWithoutMtls() {
		m.Transport.MTLS = new(bool)
	}
	for _, component := range p.GetComponents() {
		m.Components = append(m.Components, componentFromMessage(component))
	}
	m.canonicalize()
	return m
}

func componentFromMessage(p *pluginv1.Component) Component {
	c := Component{
		Kind:        p.GetKind(),
		Type:        p.GetType(),
		Name:        p.GetName(),
		Description: p.GetDescription(),
		Icon:        p.GetIcon(),
		Category:    p.GetCategory(),
		Features:    p.GetFeatures(),
		Config:      json.RawMessage(p.GetConfigSchema()),
	}
	for _, d := range p.GetDatasets() {
		c.Datasets = append(c.Datasets, Dataset{
			Name:        d.GetName(),
			Title:       d.GetTitle(),
			Interval:    Duration(d.GetInterval().AsDuration()),
			MinInterval: Duration(d.GetMinInterval().AsDuration()),
			Timeout:     Duration(d.GetTimeout().AsDuration()),
		})
	}
	for _, preset := range p.GetPresets() {
		c.Presets = append(c.Presets, Preset{Name: preset.GetName(), Config: json.RawMessage(preset.GetConfigJson())})
	}
	return c
}
