//! Optional values are left out; they are never null.

use serde_json::Value;

/// Removes null from the types of all parameters and of all fields that are not required. Client
/// generators would otherwise distinguish a null value from an absent one.
pub(super) fn document(value: &mut Value) {
    if let Some(fields) = value.as_object_mut() {
        if fields.contains_key("in")
            && let Some(schema) = fields.get_mut("schema")
        {
            without_null(schema);
        }
        let required = fields.get("required").cloned().unwrap_or_default();
        let is_required = |name: &str| {
            required.as_array().is_some_and(|names| names.iter().any(|known| known == name))
        };
        if let Some(Value::Object(properties)) = fields.get_mut("properties") {
            let optional = properties.iter_mut().filter(|(name, _)| !is_required(name));
            optional.for_each(|(_, schema)| without_null(schema));
        }
    }
    match value {
        Value::Object(fields) => fields.values_mut().for_each(document),
        Value::Array(items) => items.iter_mut().for_each(document),
        _ => {}
    }
}

fn without_null(schema: &mut Value) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            schema["type"] = one.clone();
        }
    }
    if let Some(Value::Array(kinds)) = schema.get_mut("oneOf") {
        kinds.retain(|kind| kind["type"] != "null");
        if let [one] = kinds.as_slice() {
            *schema = one.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_required_fields_can_be_null() {
        let mut schema = json!({
            "required": ["a"],
            "properties": {
                "a": {"type": ["string", "null"]},
                "b": {"type": ["string", "null"]},
                "c": {"oneOf": [{"$ref": "#/C"}, {"type": "null"}]},
            },
        });
        document(&mut schema);
        let mut header = json!({"in": "header", "schema": {"type": ["string", "null"]}});
        document(&mut header);
        assert_eq!(header["schema"], json!({"type": "string"}));
        let expected = json!({
            "a": {"type": ["string", "null"]},
            "b": {"type": "string"},
            "c": {"$ref": "#/C"},
        });
        assert_eq!(schema["properties"], expected);
    }
}
