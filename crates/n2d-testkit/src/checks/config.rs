//! Configurations as data.

use std::fmt::Debug;

use n2d_core::PartConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::fitted::require;

pub(crate) fn configuration<C>(config: &C) -> Result<(), String>
where
    C: PartConfig + Default + PartialEq + Debug + Serialize + DeserializeOwned,
{
    config
        .build()
        .map_err(|error| format!("it does not build: {error}"))?;
    let text = serde_json::to_string(config).map_err(|error| format!("to JSON: {error}"))?;
    let read: C = serde_json::from_str(&text).map_err(|error| format!("from its own JSON: {error}"))?;
    require(&read == config, || {
        format!("{config:?} comes back from JSON as {read:?}")
    })?;

    let defaults: C = serde_json::from_str("{}").map_err(|error| format!("from {{}}: {error}"))?;
    require(defaults == C::default(), || {
        format!("{{}} is read as {defaults:?}, which is not the default")
    })?;
    let value = serde_json::to_value(config).map_err(|error| format!("to JSON: {error}"))?;
    let Value::Object(fields) = value else {
        return Err(format!("its JSON is no object: {text}"));
    };
    one_field_at_a_time::<C>(&fields)?;
    let mut more = fields;
    more.insert("no_such_option".into(), Value::Null);
    let refused = serde_json::from_value::<C>(Value::Object(more)).is_err();
    require(refused, || "a field that it does not have is not refused".into())
}

/// Each field is optional: left out, it has its default.
fn one_field_at_a_time<C: DeserializeOwned>(fields: &Map<String, Value>) -> Result<(), String> {
    for name in fields.keys() {
        let mut others = fields.clone();
        others.remove(name);
        serde_json::from_value::<C>(Value::Object(others))
            .map_err(|error| format!("without `{name}`: {error}"))?;
    }
    Ok(())
}
