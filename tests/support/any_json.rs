//! Any JSON, in which the names and the values that are read are more likely than others.

use proptest::prelude::*;
use serde_json::Value;

/// `names` are apart by spaces.
pub fn any_json(
    names: &'static str,
    values: impl Strategy<Value = Value> + 'static,
) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        values,
    ];
    let name = prop_oneof![
        4 => prop::sample::select(names.split_whitespace().collect::<Vec<_>>()).prop_map(str::to_owned),
        1 => ".{0,10}",
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}
