package transfer

import (
	"encoding/json"
)

// rebase gives instances of a document the revisions that follow on those of what is there: plugins tell older
// configurations from newer ones by them. Records that refer to a revision refer to the new one.
func rebase(after, before *document) {
	for i := range after.Instances {
		one := &after.Instances[i]
		revision := max(one.Revision, 1)
		if old := before.find(one.ID); old != nil {
			revision = old.Revision
			if !old.same(one) {
				revision++
			}
		}
		refer(after.Sections[sectionChannels], one, revision)
		one.Revision = revision
	}
}

// refer has what was said of a channel belong to its instance's new revision, if it belonged to the one before. Otherwise
// the instance was changed after it was said, and stays the newer of the two.
func refer(channels records, one *item, revision uint64) {
	key := channelPrefix + one.ID
	text, known := channels[key]
	if !known {
		return
	}
	var record map[string]json.RawMessage
	var refers uint64
	if json.Unmarshal(text, &record) != nil || record == nil || json.Unmarshal(record["revision"], &refers) != nil {
		return // not one that refers
	}
	if refers == one.Revision {
		refers = revision
	} else {
		refers = 0
	}
	written, err := json.Marshal(refers)
	if err != nil { // a number always encodes
		panic(err)
	}
	record["revision"] = written
	if channels[key], err = json.Marshal(record); err != nil { // what was decoded always encodes
		panic(err)
	}
}
