package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

func wrongSecret(ctx context.Context, p *process, c *component) error {
	switch {
	case c.unsampled == nil && len(c.schema.SecretPaths()) == 0:
		return notApplicablef("it has no secrets")
	case !slices.Contains(c.features, manifest.FeatureTest) && c.kind == manifest.KindNotifier:
		return notApplicablef("it cannot be tried without sending something")
	case !c.given || len(c.sample.Secrets) == 0:
		return notApplicablef("no secrets are known that are right: give a sample")
	}
	right, err := p.try(ctx, c.request(""))
	switch {
	case status.Code(err) == codes.Unimplemented:
		return notApplicablef("it has no Test")
	case err != nil:
		return fmt.Errorf("test with the right secrets: %w", err)
	case !right.GetOk():
		return fmt.Errorf("test with the secrets of the sample: %s", shorten(right.GetSummary()))
	}
	request := c.request("")
	request.Secrets = changed(request.Secrets)
	wrong, err := p.try(ctx, request)
	if err != nil {
		return fmt.Errorf("test with wrong secrets: %w", err)
	}
	if wrong.GetOk() || wrong.GetState() != pluginv1.State_STATE_AUTH_FAILED {
		return fmt.Errorf("test with wrong secrets: ok=%v, %s", wrong.GetOk(), wrong.GetState())
	}
	return nil
}

// changed returns other secrets of the same length.
func changed(secrets map[string]string) map[string]string {
	other := map[string]string{}
	for path, value := range secrets {
		last := "0"
		if strings.HasSuffix(value, "0") {
			last = "1"
		}
		other[path] = value[:max(len(value)-1, 0)] + last
	}
	return other
}

func (p *process) try(ctx context.Context, request *pluginv1.ConfigureRequest) (*pluginv1.TestResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, workLimit)
	defer cancel()
	return p.Plugin.Test(ctx, request)
}

// secretsKept makes the plugin succeed and fail with secrets, and looks for
// them in all that it says.
func secretsKept(ctx context.Context, p *process, c *component) error {
	if c.unsampled == nil && len(c.schema.SecretPaths()) == 0 {
		return notApplicablef("it has no secrets")
	}
	if c.unsampled != nil {
		return notApplicablef("there is no configuration to use: %v", c.unsampled)
	}
	all := &secretSearch{}
	for _, variant := range c.secretVariants() {
		all.secrets = append(all.secrets, slices.Collect(maps.Values(variant.Secrets))...)
		p.exercise(ctx, c, variant, all)
	}
	p.stop() // what is on its way has arrived then
	all.text("standard output", p.child.stdout.rest.text())
	all.text("standard output", p.printed.text())
	all.text("standard error", p.child.stderr.text())
	return all.found
}

// secretVariants are the sample as it is, with secrets that nobody accepts,
// with an address where nobody is, and with a configuration that is none.
func (c *component) secretVariants() []*pluginv1.ConfigureRequest {
	right, wrong, nobody := c.request("right"), c.request("wrong"), c.request("nobody")
	wrong.Secrets = changed(wrong.Secrets)
	if config, ok := c.aimedAt(nowhere); ok {
		nobody.ConfigJson = string(config)
	}
	refused := c.request("refused")
	refused.ConfigJson = "[]"
	return []*pluginv1.ConfigureRequest{right, wrong, nobody, refused}
}

// exercise makes calls without caring how they end. Messages are not sent
// where they could arrive.
func (p *process) exercise(ctx context.Context, c *component, request *pluginv1.ConfigureRequest, all *secretSearch) {
	ctx, cancel := context.WithTimeout(ctx, workLimit)
	defer cancel()
	faults, err := p.configure(ctx, request)
	for _, fault := range faults {
		all.answer("Configure", fault, nil)
	}
	all.answer("Configure", nil, err)
	id := request.GetInstanceId()
	if c.kind != manifest.KindNotifier || id == "nobody" || !c.given {
		all.answer("the call", nil, p.work(ctx, c, id))
	}
	if c.kind == manifest.KindNotifier && id == "nobody" {
		response, err := p.Notifier.Send(ctx, message(id, "conformance-secrets"))
		all.answer("Send", response, err)
	}
	health, err := p.Plugin.Health(ctx, &pluginv1.HealthRequest{InstanceId: id})
	all.answer("Health", health, err)
	tried := proto.CloneOf(request)
	tried.InstanceId = ""
	tested, err := p.Plugin.Test(ctx, tried)
	all.answer("Test", tested, err)
	described, err := p.Plugin.Describe(ctx, &pluginv1.DescribeRequest{})
	all.answer("Describe", described, err)
	all.answer("Remove", nil, p.remove(ctx, id))
}

// secretSearch looks for secrets in texts and remembers the first that it finds.
type secretSearch struct {
	secrets []string
	found   error
}

// minSecret is the length from which a secret is not found by chance.
const minSecret = 6

func (s *secretSearch) text(where, text string) {
	for _, secret := range s.secrets {
		quoted, err := json.Marshal(secret)
		inJSON := err == nil && strings.Contains(text, strings.Trim(string(quoted), `"`))
		if len(secret) >= minSecret && s.found == nil && (inJSON || strings.Contains(text, secret)) {
			s.found = fmt.Errorf("a secret is told by %s", where)
		}
	}
}

func (s *secretSearch) answer(where string, message proto.Message, err error) {
	if err != nil {
		s.text(where+" (its error)", err.Error())
		return
	}
	if message != nil {
		s.text(where, protojson.MarshalOptions{}.Format(message))
	}
}
