package policy

import (
	"fmt"
	"reflect"
	"strings"
)

// How much a configuration may hold. It comes from outside and stays in memory.
const (
	maxText    = 4096 // bytes of one text
	maxKey     = 512  // bytes of a key of a map: ids of the API have up to 500
	maxEntries = 1000 // of a list or map that has no bound of its own
)

// maxEntriesOf is how many entries the list or map at a path may have.
func maxEntriesOf(path string) int {
	switch path {
	case "overrides":
		return 10_000
	case "customRules", "maintenance":
		return 500
	case "queryRules":
		return 200
	case "schedule.escalation.levels":
		return 20
	}
	return maxEntries
}

// checkBounds refuses what is larger than a configuration may be. Like clone it goes by types.
func checkBounds(c Config) error { return boundsOf(reflect.ValueOf(c), "") }

func boundsOf(v reflect.Value, path string) error {
	switch v.Kind() {
	case reflect.String:
		if v.Len() > maxText {
			return wrong(path, "is longer than %d bytes", maxText)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return boundsOf(v.Elem(), path)
		}
	case reflect.Struct:
		return boundsOfStruct(v, path)
	case reflect.Slice:
		return boundsOfSlice(v, path)
	case reflect.Map:
		return boundsOfMap(v, path)
	}
	return nil
}

func boundsOfStruct(v reflect.Value, path string) error {
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if err := boundsOf(v.Field(i), join(path, name)); err != nil {
			return err
		}
	}
	return nil
}

func boundsOfSlice(v reflect.Value, path string) error {
	if limit := maxEntriesOf(path); v.Len() > limit {
		return wrong(path, "has more than %d entries", limit)
	}
	for i := range v.Len() {
		if err := boundsOf(v.Index(i), at(path, i)); err != nil {
			return err
		}
	}
	return nil
}

func boundsOfMap(v reflect.Value, path string) error {
	if limit := maxEntriesOf(path); v.Len() > limit {
		return wrong(path, "has more than %d entries", limit)
	}
	for entry := v.MapRange(); entry.Next(); {
		key := entry.Key().String()
		if len(key) > maxKey {
			return wrong(path, "has a key longer than %d bytes", maxKey)
		}
		if err := boundsOf(entry.Value(), under(path, key)); err != nil {
			return err
		}
	}
	return nil
}

// join, at and under are the steps of a path: to a member, an element of a list, an entry of a map.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func under(path, key string) string { return path + "[" + key + "]" }
