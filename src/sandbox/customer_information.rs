//! Meta's checks on customer information. Source: `customer-info.md` sections 1 and 4,
//! `identifiers.md` sections 1 and 4.
//!
//! Messages never repeat a value. A value that should have been hashed may be an e-mail address.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use super::graph_error::{Invalid, subcode};
use crate::event::{is_appendix, is_hash, is_placeholder};

/// The fields that Meta wants hashed ("Hash: yes"): lower-case hexadecimal SHA-256, 64 characters.
pub(super) const HASHED: [&str; 16] = [
    "em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country", "f5first", "f5last", "fi",
    "dobd", "dobm", "doby",
];
const AS_IT_IS: [&str; 18] = [
    "external_id",
    "client_ip_address",
    "client_user_agent",
    "fbc",
    "fbp",
    "subscription_id",
    "fb_login_id",
    "lead_id",
    "anon_id",
    "madid",
    "page_id",
    "page_scoped_user_id",
    "ctwa_clid",
    "ig_account_id",
    "ig_sid",
    "whatsapp_business_account_id",
    "instagram_business_account_id",
    "app_user_id",
];
/// Returns the usable values of `user_data`, by key. The rules check later if they are enough.
pub(super) fn check<'a>(
    user_data: Option<&'a Value>,
    event_path: &str,
    messages: &mut Vec<String>,
) -> Result<BTreeMap<&'a str, Vec<&'a Value>>, Invalid> {
    let path = format!("{event_path}.user_data");
    let Some(Value::Object(given)) = user_data.filter(|given| !given.is_null()) else {
        let sentence = "Expected an object with at least one customer information parameter.";
        return Err(Invalid::new(subcode::CUSTOMER_INFORMATION, path, sentence));
    };
    let mut usable = BTreeMap::new();
    for (key, value) in given {
        let is_hashed = HASHED.contains(&key.as_str());
        if !is_hashed && !AS_IT_IS.contains(&key.as_str()) {
            messages.push(format!("{path}: a key that Meta does not document was ignored."));
            continue;
        }
        let values: Vec<&Value> = match value {
            Value::Array(values) => values.iter().filter(|one| is_usable(one)).collect(),
            one => Some(one).filter(|one| is_usable(one)).into_iter().collect(),
        };
        let at = || format!("{path}.{key}");
        if is_hashed && !values.iter().all(|one| one.as_str().is_some_and(is_hash)) {
            let sentence =
                "Expected SHA-256 of the normalized value: 64 lower-case hexadecimal characters.";
            return Err(Invalid::new(subcode::INVALID_PARAMETER, at(), sentence));
        }
        if !values.iter().all(|one| one.is_string() || one.is_number()) {
            return Err(Invalid::new(
                subcode::INVALID_PARAMETER,
                at(),
                "Expected text, or an array of texts.",
            ));
        }
        if !values.is_empty() {
            if let Some(warning) = warning(key, &values) {
                messages.push(format!("{path}.{key}: {warning}"));
            }
            usable.insert(key.as_str(), values);
        }
    }
    Ok(usable)
}

fn is_usable(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    }
}

fn warning(key: &str, values: &[&Value]) -> Option<&'static str> {
    let any = |wrong: fn(&str) -> bool| values.iter().any(|one| one.as_str().is_none_or(wrong));
    match key {
        "fbp" | "fbc" if any(|text| !is_browser_identifier(text)) => Some(
            "not of the form fb.<index>.<milliseconds>.<value>; send the cookie's value as it is.",
        ),
        "client_ip_address" if any(|text| !is_address(text)) => {
            Some("not an IPv4 or IPv6 address.")
        }
        _ if HASHED.contains(&key)
            && values
                .iter()
                .filter_map(|one| one.as_str())
                .any(|text| is_placeholder(key, text)) =>
        {
            Some("the hash of an empty text or of a placeholder such as \"null\"; leave it out.")
        }
        _ => None,
    }
}

/// Returns true for the form `fb.1.1596403881668.1116446470`, with or without an appendix.
fn is_browser_identifier(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, '.').collect();
    let (head, appendix) = match parts.as_slice() {
        [head @ .., appendix] if head.len() == 4 => (head, Some(appendix)),
        head => (head, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(head, ["fb", index, created, value]
        // Since 2001 milliseconds have thirteen digits. Fewer digits are seconds.
        if digits(index) && digits(created) && created.len() == 13 && !value.is_empty())
        && appendix.is_none_or(|appendix| is_appendix(appendix))
}

fn is_address(text: &str) -> bool {
    let plain =
        text.rsplit_once('.').filter(|(_, end)| is_appendix(end)).map_or(text, |(plain, _)| plain);
    plain.parse::<IpAddr>().is_ok()
}
