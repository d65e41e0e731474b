package promapi

import (
	"context"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/storage"
)

// library is the module whose query language is spoken.
const library = "github.com/prometheus/prometheus"

// fallbackVersion is told when the program does not know what it is made of. Clients only look for what a version can do.
const fallbackVersion = "3.0.0"

// libraryVersion returns the version of Prometheus that belongs to the module in the program: v0.316.1 is of 3.16.1.
func libraryVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fallbackVersion
	}
	for _, module := range info.Deps {
		if module.Path == library {
			return serverVersion(module.Version)
		}
	}
	return fallbackVersion
}

// serverVersion turns a module's version into that of the server made of it, see the tags of the library's repository.
func serverVersion(module string) string {
	rest, found := strings.CutPrefix(module, "v0.3")
	minor, patch, parts := strings.Cut(rest, ".")
	if !found || !parts || len(minor) != 2 || !onlyDigits(minor) || !onlyDigits(patch) || patch == "" {
		return fallbackVersion
	}
	if minor[0] == '0' {
		minor = minor[1:]
	}
	return "3." + minor + "." + patch
}

// BuildInfo answers /status/buildinfo, by which clients find out what can be asked.
func (a *API) BuildInfo(w http.ResponseWriter, r *http.Request) {
	a.serve(w, r, func(context.Context) (*answer, error) {
		return inJSON(map[string]string{
			"version": a.options.Version, "revision": "", "branch": "", "buildUser": "pulse", "buildDate": "", "goVersion": runtime.Version(),
		}, nil), nil
	})
}

// described is what is told of a metric.
type described struct {
	Type model.MetricType `json:"type"`
	Unit string           `json:"unit"`
	Help string           `json:"help"`
}

// Metadata answers /metadata: type, unit and meaning of each metric that has samples.
func (a *API) Metadata(w http.ResponseWriter, r *http.Request) {
	a.serve(w, r, func(ctx context.Context) (*answer, error) {
		limit, err := limitOf(r)
		if err != nil {
			return nil, err
		}
		names, err := a.names(ctx)
		if err != nil {
			return nil, err
		}
		all := map[string][]described{}
		for _, name := range names {
			if limit > 0 && len(all) >= limit {
				break
			}
			if wanted := r.FormValue("metric"); wanted == "" || wanted == name {
				all[name] = []described{describe(a.options.Describe(name))}
			}
		}
		return inJSON(all, nil), nil
	})
}

// describe fills in what is not known of a metric.
func describe(m metadata.Metadata) described {
	if m.Type == "" {
		m.Type = model.MetricTypeUnknown
	}
	return described{Type: m.Type, Unit: m.Unit, Help: m.Help}
}

// names returns the names of all metrics that have samples.
func (a *API) names(ctx context.Context) ([]string, error) {
	querier, err := a.options.Queryable.Querier(earliest.UnixMilli(), latest.UnixMilli())
	if err != nil {
		return nil, err
	}
	// Closing ends a hold on files; its error concerns nothing that was read.
	defer querier.Close()
	names, _, err := querier.LabelValues(ctx, model.MetricNameLabel, &storage.LabelHints{Limit: a.options.MaxSeries})
	return names, err
}
