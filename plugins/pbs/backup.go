package pbs

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// groupName names a group of backups within a namespace.
type groupName struct{ kind, id string } // kind is vm, ct or host

// holdings is what the datastores of a server hold, as they were last listed.
// Nothing of it changes once it is built, so that it can be shared.
type holdings struct {
	stores map[string]*storeHoldings
}

func (h *holdings) store(name string) *storeHoldings { return h.stores[name] }

// storeHoldings is what one datastore holds, by namespace. nil is an empty one.
type storeHoldings struct {
	namespaces map[string]*namespaceHoldings
}

func (h *storeHoldings) namespace(path string) *namespaceHoldings {
	if h == nil {
		return nil
	}
	return h.namespaces[path]
}

// namespaceHoldings is what one namespace holds. nil is one that was never listed.
type namespaceHoldings struct {
	listed time.Time // when all of it was last listed, by the server's clock
	large  bool      // it is too large to be listed in one answer
	groups map[groupName]*groupHoldings
}

func (h *namespaceHoldings) group(name groupName) *groupHoldings {
	if h == nil {
		return nil
	}
	return h.groups[name]
}

// groupHoldings are the backups of one group.
type groupHoldings struct {
	last, count int // as the list of groups told: a change of them is a change of the group
	backups     []resource.Resource
	damaged     int // verified and found damaged
	unverified  int
	unfinished  int // uploads that have not come to their end; these are not among the backups
}

// same says whether the group still is what was listed.
func (h *groupHoldings) same(g *group) bool {
	return h != nil && h.unfinished == 0 && h.last == g.Last.Int() && h.count == g.Count.Int()
}

// holdingsCount counts what is held.
type holdingsCount struct{ groups, backups, damaged, unverified, unfinished int }

// count counts what is of a kind; no kind means all.
func (h *storeHoldings) count(kind string) holdingsCount {
	var n holdingsCount
	for _, namespace := range h.namespaces {
		for name, group := range namespace.groups {
			if kind != "" && kind != name.kind {
				continue
			}
			n.groups++
			n.backups += len(group.backups)
			n.damaged += group.damaged
			n.unverified += group.unverified
			n.unfinished += group.unfinished
		}
	}
	return n
}

// place is where a backup lies.
type place struct{ store, namespace string }

// hold makes the holdings of a group of its rows.
func (p place) hold(rows []snapshot) *groupHoldings {
	held := &groupHoldings{backups: make([]resource.Resource, 0, len(rows))}
	var files fileLists
	for i := range rows {
		row := &rows[i]
		switch {
		case !row.finished():
			held.unfinished++
			continue
		case row.Verification.State == "failed":
			held.damaged++
		case row.Verification.State == "":
			held.unverified++
		}
		held.backups = append(held.backups, p.resource(row, files.of(row.Files)))
	}
	return held
}

// resource describes a backup.
func (p place) resource(s *snapshot, files []string) resource.Resource {
	made := s.Time.Time()
	name := s.Type + "/" + s.ID + "/" + made.Format(time.RFC3339)
	id := "backup/" + p.store + "/" + name
	if p.namespace != "" {
		id = "backup/" + p.store + "/" + p.namespace + "/" + name
	}
	detail := &resource.Backup{
		Type: modelType(s.Type), BackupID: s.ID, At: made, Size: s.Size.Bytes(),
		Datastore: p.store, Namespace: p.namespace, Filename: name, Format: "pbs-" + s.Type, OnBackupServer: true,
		Notes: s.Comment, Owner: s.Owner, Protected: bool(s.Protected), Files: files,
	}
	if s.Type != "host" {
		detail.VMID, _ = strconv.Atoi(s.ID) // what is no number is no guest
	}
	r := resource.Resource{
		ID: id, Kind: resource.KindBackup, Name: name, ParentID: storeID(p.store), Status: resource.StatusRunning, Detail: detail,
	}
	switch s.Verification.State {
	case "ok":
		detail.Verification = "OK"
	case "failed":
		detail.Verification = "failed"
		r.Status, r.StatusReason = resource.StatusDegraded, "the verification found it damaged"
	}
	return r
}

// modelType gives the model's names for what was backed up.
func modelType(kind string) string {
	if kind == "ct" {
		return "container"
	}
	return kind
}

// fileLists shares equal lists of files: those of a group's backups nearly always are.
type fileLists struct{ last []string }

func (f *fileLists) of(files []backupFile) []string {
	equal := len(files) == len(f.last)
	for i := 0; equal && i < len(files); i++ {
		equal = string(files[i]) == f.last[i]
	}
	if equal {
		return f.last
	}
	f.last = make([]string, len(files))
	for i, file := range files {
		f.last[i] = string(file)
	}
	return f.last
}
