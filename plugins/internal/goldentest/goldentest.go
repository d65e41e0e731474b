// Package goldentest writes what a source collected as a text that people can
// review, and compares it with a file.
package goldentest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Check compares a text with a file below testdata, or writes the file if update is set.
func Check(t testing.TB, name, got string, update bool) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s: file (-) and collected (+) differ; review, then run the test with -update:\n%s", path, diff)
	}
}

// Text returns the resources and problems of a collect, sorted by id.
func Text(seen *sdk.Snapshot) string {
	var b strings.Builder
	resources := seen.Resources()
	slices.SortFunc(resources, func(a, b sdk.Resource) int { return strings.Compare(a.ID, b.ID) })
	for i := range resources {
		write(&b, &resources[i])
	}
	problems := seen.Problems()
	slices.SortFunc(problems, func(a, b sdk.Problem) int { return strings.Compare(a.ResourceID, b.ResourceID) })
	for _, p := range problems {
		fmt.Fprintf(&b, "problem %s\n", fields(reflect.ValueOf(p)))
	}
	return b.String()
}

func write(b *strings.Builder, r *resource.Resource) {
	fmt.Fprintf(b, "%s %s %q %s", r.ID, r.Kind, r.Name, r.Status)
	if r.StatusReason != "" {
		fmt.Fprintf(b, " (%s)", r.StatusReason)
	}
	b.WriteByte('\n')
	rest := *r
	rest.ID, rest.Kind, rest.Name, rest.Status, rest.StatusReason, rest.Metrics, rest.Detail = "", "", "", 0, "", nil, nil
	if text := fields(reflect.ValueOf(rest)); text != "" {
		fmt.Fprintf(b, "    %s\n", text)
	}
	for i := range r.Metrics {
		fmt.Fprintf(b, "    metric %s\n", metric(&r.Metrics[i]))
	}
	if r.Detail != nil {
		fmt.Fprintf(b, "    detail %s\n", fields(reflect.ValueOf(r.Detail).Elem()))
	}
}

// metric writes a value with its labels in the order of their names.
func metric(m *resource.Metric) string {
	text := m.Name
	for _, label := range slices.Sorted(maps.Keys(m.Labels)) {
		text += fmt.Sprintf(" %s=%s", label, m.Labels[label])
	}
	text += ": " + strconv.FormatFloat(m.Value, 'f', -1, 64)
	unit := map[resource.Unit]string{
		resource.UnitBytes: " bytes", resource.UnitRatio: " ratio", resource.UnitSeconds: " seconds",
		resource.UnitCelsius: " celsius", resource.UnitBytesPerSecond: " bytes/s", resource.UnitWatts: " watts", resource.UnitRPM: " rpm",
	}[m.Unit]
	if m.Counter {
		return text + unit + ", counter"
	}
	return text + unit
}

// fields writes the fields of a struct that have a value.
func fields(v reflect.Value) string {
	var parts []string
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() {
			parts = append(parts, v.Type().Field(i).Name+"="+text(f))
		}
	}
	return strings.Join(parts, " ")
}

func text(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Time:
		return value.UTC().Format(time.RFC3339)
	case fmt.Stringer:
		return value.String()
	case string:
		return fmt.Sprintf("%q", value)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return text(v.Elem())
	case reflect.Struct:
		return "{" + fields(v) + "}"
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = text(v.Index(i))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	}
	return fmt.Sprint(v.Interface()) // fmt sorts the keys of maps
}
