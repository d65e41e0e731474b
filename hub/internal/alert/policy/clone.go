package policy

import "reflect"

// clone returns a copy of a configuration that shares nothing with it that could be changed.
func clone(c Config) Config {
	return deepCopy(reflect.ValueOf(c)).Interface().(Config)
}

// deepCopy goes through the types that a configuration is made of. It works on types, so that a new field cannot be
// forgotten here.
func deepCopy(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Struct:
		return copyStruct(v)
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(deepCopy(v.Elem()))
		return out
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		return deepCopy(v.Elem())
	case reflect.Slice:
		return copySlice(v)
	case reflect.Map:
		return copyMap(v)
	}
	return v
}

func copyStruct(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	for i := range v.NumField() {
		out.Field(i).Set(deepCopy(v.Field(i)))
	}
	return out
}

func copySlice(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	for i := range v.Len() {
		out.Index(i).Set(deepCopy(v.Index(i)))
	}
	return out
}

func copyMap(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	out := reflect.MakeMapWithSize(v.Type(), v.Len())
	for entry := v.MapRange(); entry.Next(); {
		out.SetMapIndex(entry.Key(), deepCopy(entry.Value()))
	}
	return out
}
