//! Meta's checks on custom data. Source: `events.md` section 5, `http-api.md` section 3.2.

use serde_json::{Map, Value};

use super::graph_error::{Invalid, Subcode};

pub(super) fn check(
    custom_data: Option<&Value>,
    event_name: &str,
    event_path: &str,
    messages: &mut Vec<String>,
) -> Result<(), Invalid> {
    let path = format!("{event_path}.custom_data");
    let nothing = Map::new();
    let given = match custom_data {
        None | Some(Value::Null) => &nothing,
        Some(Value::Object(given)) => given,
        Some(_) => {
            return Err(Invalid::new(Subcode::InvalidParameter, path, "Expected an object."));
        }
    };
    let get = |key| given.get(key).filter(|value| !value.is_null());
    let is_purchase = event_name == "Purchase";
    value(get("value"), is_purchase, &path, messages)?;
    currency(get("currency"), is_purchase, get("value").is_some(), &path, messages)?;
    contents(get("contents"), &path)
}

fn value(
    value: Option<&Value>,
    is_purchase: bool,
    path: &str,
    messages: &mut Vec<String>,
) -> Result<(), Invalid> {
    let path = format!("{path}.value");
    match value {
        Some(Value::Number(_)) => Ok(()),
        Some(Value::String(text)) if text.trim().parse().is_ok_and(f64::is_finite) => {
            messages.push(format!("{path}: send a JSON number, not text."));
            Ok(())
        }
        None if !is_purchase => Ok(()),
        _ if is_purchase => {
            let sentence = "A Purchase requires its value, a number; 0 is allowed.";
            Err(Invalid::new(Subcode::PurchaseWithoutValue, path, sentence))
        }
        _ => Err(Invalid::new(Subcode::InvalidParameter, path, "Expected a number, such as 59.9.")),
    }
}

fn currency(
    currency: Option<&Value>,
    is_purchase: bool,
    has_value: bool,
    path: &str,
    messages: &mut Vec<String>,
) -> Result<(), Invalid> {
    let path = format!("{path}.currency");
    match currency.map(|given| given.as_str().filter(|text| is_currency(text))) {
        Some(Some(text)) => {
            // Lower case was seen to be accepted.
            if text.bytes().any(|byte| byte.is_ascii_lowercase()) {
                messages.push(format!("{path}: send it in capitals."));
            }
            Ok(())
        }
        Some(None) => {
            let sentence = "Expected the three letters of ISO 4217, such as \"EUR\".";
            Err(Invalid::new(Subcode::InvalidParameter, path, sentence))
        }
        None if is_purchase => {
            let sentence = "A Purchase requires its currency, such as \"EUR\".";
            Err(Invalid::new(Subcode::PurchaseWithoutCurrency, path, sentence))
        }
        None if has_value => {
            let sentence = "A value requires its currency, such as \"EUR\".";
            Err(Invalid::new(Subcode::ValueWithoutCurrency, path, sentence))
        }
        None => Ok(()),
    }
}

fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn contents(contents: Option<&Value>, path: &str) -> Result<(), Invalid> {
    let contents = match contents {
        None => return Ok(()),
        Some(Value::Array(contents)) => contents,
        Some(_) => {
            let sentence = "Expected an array of {\"id\", \"quantity\", \"item_price\"}.";
            return Err(Invalid::new(
                Subcode::InvalidParameter,
                format!("{path}.contents"),
                sentence,
            ));
        }
    };
    let has_id = |content: &Value| match content.get("id") {
        Some(Value::String(id)) => !id.is_empty(),
        id => id.is_some_and(Value::is_number),
    };
    match contents.iter().position(|content| !has_id(content)) {
        None => Ok(()),
        Some(position) => {
            let path = format!("{path}.contents[{position}].id");
            Err(Invalid::new(
                Subcode::ContentWithoutId,
                path,
                "Each content requires the id of its product.",
            ))
        }
    }
}
