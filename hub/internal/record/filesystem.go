package record

import (
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// maxFilesystems is how many file systems of one machine are stored.
const maxFilesystems = 64

// Filesystems appends the mounted file systems of a machine that have series of their own, each by its place of
// mounting once: the first 64 of those whose size is known. What it appends belongs to the entry and must not be changed.
func Filesystems(list []*resource.Filesystem, e *inventory.Entry) []*resource.Filesystem {
	detail, _ := e.Detail.(*resource.Host)
	if detail == nil {
		return list
	}
	before := len(list)
	for i := range detail.Filesystems {
		one := &detail.Filesystems[i]
		if one.Total == 0 || one.Mountpoint == "" || mountedAt(list[before:], one.Mountpoint) >= 0 {
			continue
		}
		if len(list)-before == maxFilesystems {
			break
		}
		list = append(list, one)
	}
	return list
}

func mountedAt(list []*resource.Filesystem, mountpoint string) int {
	return slices.IndexFunc(list, func(f *resource.Filesystem) bool { return f.Mountpoint == mountpoint })
}

// mountSeries is the series of one mounted file system; nil for those that were refused.
type mountSeries struct {
	mountpoint  string
	used, total *metrics.Handle
}

// filesystems gathers the samples of each mounted file system.
func (w *sampler) filesystems(e *inventory.Entry) {
	w.mounted = Filesystems(w.mounted[:0], e)
	for i, one := range w.mounted {
		series := w.mount(i, one.Mountpoint)
		w.put(series.used, float64(one.Used))
		w.put(series.total, float64(one.Total))
	}
	// Those of what is not mounted any more are forgotten.
	clear(w.set.mounts[len(w.mounted):])
	w.set.mounts = w.set.mounts[:len(w.mounted)]
}

// mount returns the series of the place of mounting that comes i-th. Places seldom change, so that is where it looks first.
func (w *sampler) mount(i int, mountpoint string) mountSeries {
	mounts := w.set.mounts
	if i < len(mounts) && mounts[i].mountpoint == mountpoint {
		return mounts[i]
	}
	known := slices.IndexFunc(mounts[i:], func(m mountSeries) bool { return m.mountpoint == mountpoint })
	if known < 0 {
		mountpoint = strings.Clone(mountpoint) // without the report that it is a part of
		labels := []metrics.Label{{Name: metrics.LabelMount, Value: mountpoint}}
		w.set.mounts = slices.Insert(mounts, i, mountSeries{
			mountpoint: mountpoint,
			used:       w.intern(metrics.FilesystemUsedBytes, labels), total: w.intern(metrics.FilesystemTotalBytes, labels),
		})
		return w.set.mounts[i]
	}
	mounts[i], mounts[i+known] = mounts[i+known], mounts[i]
	return mounts[i]
}

func (w *sampler) put(series *metrics.Handle, value float64) {
	if series != nil {
		w.out = append(w.out, metrics.Sample{Series: series, At: w.at, Value: value})
	}
}
