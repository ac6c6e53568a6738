//! Converts JSON values between the host and Rust. It uses no JSON text, so that a page does not
//! load a parser and a writer of numbers that its browser already has.

use js_sys::{Array, Object, Reflect};
use serde_json::{Map, Number, Value};
use wasm_bindgen::{JsCast, JsValue};

/// The most levels of nested values. Deeper values become null.
const DEEPEST: u8 = 10;
/// The largest number up to which the host stores whole numbers exactly.
const WHOLE_UP_TO: f64 = 9_007_199_254_740_992.0;

/// Converts a value of the host, as `JSON.parse` makes it.
pub fn from_host(value: &JsValue) -> Value {
    read(value, DEEPEST)
}

fn read(value: &JsValue, levels: u8) -> Value {
    if let Some(text) = value.as_string() {
        Value::String(text)
    } else if let Some(number) = value.as_f64() {
        from_f64(number)
    } else if let Some(truth) = value.as_bool() {
        Value::Bool(truth)
    } else if levels == 0 {
        Value::Null
    } else if let Some(values) = value.dyn_ref::<Array>() {
        Value::Array(values.iter().map(|one| read(&one, levels - 1)).collect())
    } else if let Some(object) = value.dyn_ref::<Object>() {
        let mut fields = Map::new();
        for key in Object::keys(object).iter() {
            let (Some(name), Ok(field)) = (key.as_string(), Reflect::get(value, &key)) else {
                continue;
            };
            fields.insert(name, read(&field, levels - 1));
        }
        Value::Object(fields)
    } else {
        Value::Null
    }
}

fn from_f64(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() <= WHOLE_UP_TO {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and within bounds")]
        return Value::from(number as i64);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// Converts a value to one of the host.
pub fn to_host(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Bool(truth) => JsValue::from_bool(*truth),
        Value::Number(number) => number.as_f64().map_or(JsValue::NULL, JsValue::from_f64),
        Value::String(text) => JsValue::from_str(text),
        Value::Array(values) => values.iter().map(to_host).collect::<Array>().into(),
        Value::Object(fields) => object(fields).into(),
    }
}

/// Converts fields to an object of the host.
pub fn object(fields: &Map<String, Value>) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // Setting a field of a new plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), &to_host(value));
    }
    object
}
