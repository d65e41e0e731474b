package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// requiredMissing leaves out one required setting after the other.
func requiredMissing(ctx context.Context, p *process, c *component) error {
	if c.unsampled != nil {
		return notApplicablef("there is no configuration to use: %v", c.unsampled)
	}
	paths := requiredPaths(c.schema, "")
	if len(paths) == 0 {
		return notApplicablef("no setting is required")
	}
	for _, path := range paths {
		request := c.request("missing")
		if err := leaveOut(request, path); err != nil {
			return err
		}
		faults, err := p.configure(ctx, request)
		if err != nil {
			return fmt.Errorf("without %s: %w", path, err)
		}
		if !slices.ContainsFunc(faults, func(f *pluginv1.FieldError) bool { return f.GetPath() == path }) {
			return fmt.Errorf("without %s there is no FieldError with that path: got %v", path, faults)
		}
	}
	return nil
}

// requiredPaths returns the pointers of settings that must be given: required
// ones without a default, also in objects that are required.
func requiredPaths(s *schema.Schema, path string) []string {
	var paths []string
	for _, name := range s.Required {
		property, at := s.Properties[name], path+"/"+pointerToken(name)
		switch {
		case property.Type == schema.TypeObject:
			paths = append(paths, requiredPaths(property, at)...)
		case property.Default == nil:
			paths = append(paths, at)
		}
	}
	return paths
}

func leaveOut(request *pluginv1.ConfigureRequest, path string) error {
	request.Secrets = maps.Clone(request.Secrets)
	delete(request.Secrets, path)
	config, err := schema.DecodeObject([]byte(request.ConfigJson))
	if err != nil {
		return err
	}
	names := strings.Split(strings.TrimPrefix(path, "/"), "/")
	object := config
	for _, name := range names[:len(names)-1] {
		object, _ = object[pointerName(name)].(map[string]any)
	}
	delete(object, pointerName(names[len(names)-1])) // deleting from no map does nothing
	data, err := json.Marshal(config)
	request.ConfigJson = string(data)
	return err
}

// pointerName is the reverse of pointerToken.
func pointerName(token string) string {
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
}

// hostileConfig configures what nobody should, and expects the process to live.
func hostileConfig(ctx context.Context, p *process, c *component) error {
	for _, text := range notObjects() {
		faults, err := p.hostile(ctx, c, text)
		if err != nil {
			return err
		}
		if len(faults) == 0 {
			return fmt.Errorf("%q is no JSON object and was accepted", shorten(text))
		}
	}
	for _, text := range hostileObjects(c.schema) {
		if _, err := p.hostile(ctx, c, text); err != nil {
			return err
		}
	}
	return p.serves(ctx, callLimit)
}

// hostile configures a text and removes what came of it. A refusal by status
// counts as a FieldError, one that speaks of a bug as a failure.
func (p *process) hostile(ctx context.Context, c *component, text string) ([]*pluginv1.FieldError, error) {
	request := c.request("hostile")
	request.ConfigJson = text
	faults, err := p.configure(ctx, request)
	switch status.Code(err) {
	case codes.OK:
		return faults, p.remove(ctx, "hostile")
	case codes.InvalidArgument, codes.FailedPrecondition, codes.ResourceExhausted, codes.OutOfRange:
		return []*pluginv1.FieldError{{Message: status.Convert(err).Message()}}, nil
	}
	return nil, fmt.Errorf("configuration %q: %w", shorten(text), err)
}

func notObjects() []string {
	return []string{"null", "[]", "{", "42", `"text"`, "{} {}", "\x00", "true", `{"a":}`}
}

// hostileValues are decoded into any setting of any type.
func hostileValues() []string {
	return []string{
		"null", `""`, "-1", "1e308", "123456789012345678901234567890", "0.1", "true", "[]", "[[[[]]]]", "{}",
		`{"__proto__":{"x":1}}`, `"\u0000"`, `"\ud800"`, `"` + "\u202e\U0001F4A9\u0301é" + `"`,
		`"../../etc/passwd"`, `"%s%n{{.}}${x}"`, `"` + strings.Repeat("x", 100_000) + `"`,
		strings.Repeat("[", 500) + strings.Repeat("]", 500),
	}
}

// hostileObjects returns objects of the schema's settings with values that do
// not belong there; the same ones each time.
func hostileObjects(s *schema.Schema) []string {
	names := slices.Sorted(maps.Keys(s.Properties))
	names = append(names, "unknown-"+strings.Repeat("é", 100))
	values := hostileValues()
	random := rand.New(rand.NewPCG(1, 2))
	objects := []string{
		`{"` + strings.Repeat("a", 300_000) + `":1}`,
		`{"x":"` + strings.Repeat("y", 1<<20) + `"}`,
		strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000),
	}
	for i := range values {
		var members []string
		for j, name := range names {
			value := values[(i+j)%len(values)]
			if random.IntN(4) == 0 {
				value = values[random.IntN(len(values))]
			}
			key, _ := json.Marshal(name) // a string can always be written
			members = append(members, string(key)+":"+value)
		}
		objects = append(objects, "{"+strings.Join(members, ",")+"}")
	}
	return objects
}

func badConfigKeeps(ctx context.Context, p *process, c *component) error {
	if err := p.add(ctx, c, "a", nil); err != nil {
		return err
	}
	request := c.request("a")
	request.ConfigJson, request.Revision = "[]", 2
	faults, err := p.configure(ctx, request)
	if err == nil && len(faults) == 0 {
		return fmt.Errorf("a configuration that is no JSON object was accepted")
	}
	if err := p.touch(ctx, c, "a"); status.Code(err) == codes.NotFound {
		return fmt.Errorf("the instance is gone: %w", err)
	}
	return nil
}
