package hostsvc

import "strings"

// All entries are in the bucket store.PluginState:
//
//	<plugin>/<instance>/<key>   an entry, see entry.go; the instance is empty for the plugin as a whole
//	/<plugin>                   the plugin's ledger, see ledger.go
//
// Neither a plugin's id nor an instance's has a slash, so that no place lies within another's.

// place is where an entry is.
type place struct{ plugin, instance, key string }

// record returns the key of the entry's record; without a key it is the prefix of the instance's records.
func (p place) record() string { return plugins(p.plugin) + p.instance + "/" + p.key }

// plugins returns the prefix of the records of all of a plugin's entries.
func plugins(plugin string) string { return plugin + "/" }

// placeOf is the inverse of record.
func placeOf(record string) (place, bool) {
	plugin, rest, ok := strings.Cut(record, "/")
	if !ok || plugin == "" {
		return place{}, false
	}
	instance, key, ok := strings.Cut(rest, "/")
	return place{plugin: plugin, instance: instance, key: key}, ok
}

// ledgers is the prefix of the records of all ledgers.
const ledgers = "/"

func ledgerRecord(plugin string) string { return ledgers + plugin }
