package pbs

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/memo"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// serverID is the resource ID of the server; what it has hangs below it.
const serverID = "server"

// How long answers are good for that change rarely.
const (
	versionAge    = 10 * time.Minute
	ratesAge      = time.Minute // the server takes them once a minute
	namespacesAge = 10 * time.Minute
)

// source is one instance. It is safe for concurrent use.
type source struct {
	config config
	client *proxmoxapi.Client
	now    func() time.Time

	version memo.Value[version]
	rates   memo.Value[*resource.Rates]
	tasks   taskLog
	// backups is what the datastores held when they were last listed.
	backups atomic.Pointer[holdings]

	mu         sync.Mutex
	namespaces map[string]*memo.Value[[]string] // by datastore
}

func newSource(c config, now func() time.Time) (*source, error) {
	client, err := proxmoxapi.New(c.Options(proxmoxapi.PBS))
	if err != nil {
		return nil, err
	}
	s := &source{config: c, client: client, now: now, namespaces: map[string]*memo.Value[[]string]{}}
	s.backups.Store(&holdings{})
	return s, nil
}

// Close ends the connections to the server.
func (s *source) Close() { s.client.Close() }

// CollectDataset implements sdk.DatasetCollector.
func (s *source) CollectDataset(ctx context.Context, dataset string, out *sdk.Snapshot) error {
	switch dataset {
	case datasetStatus:
		return s.collectStatus(ctx, out)
	case datasetDatastores:
		return s.collectDatastores(ctx, out)
	case datasetJobs:
		return s.collectJobs(ctx, out)
	case datasetBackups:
		return s.collectBackups(ctx, out)
	}
	return fmt.Errorf("no dataset %q", dataset)
}

// Test implements sdk.Tester.
func (s *source) Test(ctx context.Context) (sdk.TestResult, error) {
	var v version
	if err := s.client.Get(ctx, "version", nil, &v); err != nil {
		return sdk.TestResult{}, s.config.FieldError(err)
	}
	// A list that is filtered by privilege is empty without them; this is not.
	var granted map[string]map[string]proxmoxapi.Flag
	if err := s.client.Get(ctx, "access/permissions", nil, &granted); err != nil {
		return sdk.TestResult{}, s.config.FieldError(err)
	}
	privileges := 0
	for _, there := range granted {
		privileges += len(there)
	}
	if privileges == 0 {
		return sdk.TestResult{}, s.config.FieldError(fault.Newf(fault.OriginRemote, proxmoxapi.CodeForbidden,
			"the account has no privileges: give it the role Audit on /"))
	}
	var stores []storeInfo
	if err := s.client.Get(ctx, "admin/datastore", nil, &stores); err != nil {
		return sdk.TestResult{}, s.config.FieldError(err)
	}
	facts := map[string]string{"version": v.String(), "datastores": strconv.Itoa(len(stores))}
	if err := s.client.Get(ctx, "nodes/localhost/status", nil, &nodeStatus{}); err != nil {
		facts["limits"] = "the server's load is not shown: " + err.Error()
	}
	return sdk.TestResult{
		Summary: fmt.Sprintf("Proxmox Backup Server %s with %s", v, plural(len(stores), "datastore")), Facts: facts,
	}, nil
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// smallSkew is a difference of the clocks that could as well be that of the network.
const smallSkew = 3 * time.Second

// serverNow is the time by the clock of the server, as far as it is known.
func (s *source) serverNow() time.Time {
	skew, _ := s.client.Skew()
	if skew.Abs() < smallSkew {
		skew = 0
	}
	return s.now().Add(skew)
}

// askVersion returns the version of the server, asking for it now and then.
func (s *source) askVersion(ctx context.Context) (version, error) {
	return s.version.Get(s.now(), versionAge, func() (version, error) {
		var v version
		err := s.client.Get(ctx, "version", nil, &v)
		return v, err
	})
}

// listStores lists the datastores.
func (s *source) listStores(ctx context.Context) ([]storeInfo, error) {
	var stores []storeInfo
	err := s.client.Get(ctx, "admin/datastore", nil, &stores)
	return stores, err
}

// listNamespaces returns the namespaces of a datastore, the root first, asking
// for them now and then. With an error come those that were known before.
func (s *source) listNamespaces(ctx context.Context, store string) ([]string, error) {
	s.mu.Lock()
	known := s.namespaces[store]
	if known == nil {
		known = &memo.Value[[]string]{}
		s.namespaces[store] = known
	}
	s.mu.Unlock()
	return known.Get(s.now(), namespacesAge, func() ([]string, error) {
		var rows []namespace
		if err := s.client.Get(ctx, storePath(store, "namespace"), nil, &rows); err != nil {
			return nil, err
		}
		return pathsOf(rows), nil
	})
}

// pathsOf returns the paths of namespaces with the root in front.
func pathsOf(rows []namespace) []string {
	paths := []string{""}
	for _, row := range rows {
		if row.Path != "" {
			paths = append(paths, row.Path)
		}
	}
	return paths
}

// forget drops what is kept of datastores that are gone.
func (s *source) forget(stores []storeInfo) {
	there := map[string]bool{}
	for _, store := range stores {
		there[store.Store] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for store := range s.namespaces {
		if !there[store] {
			delete(s.namespaces, store)
		}
	}
}

func storePath(store string, rest ...string) string {
	return proxmoxapi.Path(append([]string{"admin", "datastore", store}, rest...)...)
}

// namespaceQuery names a namespace; the root is the default.
func namespaceQuery(path string) url.Values {
	if path == "" {
		return nil
	}
	return url.Values{"ns": {path}}
}
