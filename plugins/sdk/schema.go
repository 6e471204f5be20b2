package sdk

import (
	"encoding/json"
	"reflect"
	"time"
)

// schema is the JSON Schema of the config of a plugin with these parts; "" if it
// has none, so that any is an error only of Configure.
func schema(configs []configured) string {
	if len(configs) != 1 {
		return "" // none, or several that look at the same table
	}
	s := schemaOf(configs[0].typ, configs[0].def)
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	p, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return string(p)
}

// schemaOf describes one type; def is its default value, or no value at all.
func schemaOf(t reflect.Type, def reflect.Value) map[string]any {
	switch {
	case t == durationType:
		return map[string]any{"type": "string", "pattern": `^([0-9.]+(ns|us|µs|ms|s|m|h))+$|^0$`, "examples": []string{"1h30m"}}
	case reflect.PointerTo(t).Implements(textType):
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Pointer:
		return schemaOf(t.Elem(), reflect.Value{})
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), reflect.Value{})}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem(), reflect.Value{})}
	case reflect.Struct:
		return schemaOfStruct(t, def)
	}
	return map[string]any{}
}

func schemaOfStruct(t reflect.Type, def reflect.Value) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fieldsOf(t) {
		var value reflect.Value
		if def.IsValid() {
			value = def.FieldByIndex(f.index)
		}
		p := schemaOf(f.typ, value)
		if f.help != "" {
			p["description"] = f.help
		}
		if value.IsValid() && !value.IsZero() && f.typ.Kind() != reflect.Struct {
			p["default"] = defaultOf(value)
		}
		if f.required {
			required = append(required, f.key)
		}
		properties[f.key] = p
	}
	s := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// defaultOf is a default as it would be written in the config.
func defaultOf(v reflect.Value) any {
	if d, ok := v.Interface().(time.Duration); ok {
		return d.String()
	}
	return v.Interface()
}
