//! Meta's checks on customer information. Source: `customer-info.md` sections 1 and 4,
//! `identifiers.md` sections 1 and 4.
//!
//! Messages never repeat a value: one that should have been hashed may be an e-mail address.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use super::graph_error::{Invalid, Subcode};

/// "Hash: yes." Lower-case hexadecimal SHA-256, 64 characters.
const HASHED: [&str; 16] = [
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
/// "Refused if the customer data consists only of a subset of …"
const TOO_BROAD: [&[&str]; 4] = [
    &["ct", "country", "st", "zp", "ge", "client_user_agent"],
    &["db", "client_user_agent"],
    &["fn", "ge"],
    &["ln", "ge"],
];
/// "Never send": the SHA-256 of nothing.
const HASH_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What can be used of `user_data`, by key.
pub(super) fn check<'a>(
    user_data: Option<&'a Value>,
    event_path: &str,
    messages: &mut Vec<String>,
) -> Result<BTreeMap<&'a str, Vec<&'a Value>>, Invalid> {
    let path = format!("{event_path}.user_data");
    let Some(Value::Object(given)) = user_data.filter(|given| !given.is_null()) else {
        let sentence = "Expected an object with at least one customer information parameter.";
        return Err(Invalid::new(Subcode::CustomerInformation, path, sentence));
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
            return Err(Invalid::new(Subcode::InvalidParameter, at(), sentence));
        }
        if !values.iter().all(|one| one.is_string() || one.is_number()) {
            return Err(Invalid::new(
                Subcode::InvalidParameter,
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
    let too_broad = TOO_BROAD.iter().any(|broad| usable.keys().all(|key| broad.contains(key)));
    if usable.is_empty() || too_broad {
        let sentence = "Too little or too broad to find a person by; add em, ph, external_id, fbp, fbc or \
                        client_ip_address with client_user_agent.";
        return Err(Invalid::new(Subcode::CustomerInformation, path, sentence));
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
        _ if HASHED.contains(&key) && any(|text| text.starts_with(HASH_OF_NOTHING)) => {
            Some("the hash of an empty text; leave it out.")
        }
        _ => None,
    }
}

/// A hash, as it is or with the appendix of Meta's parameter builder.
fn is_hash(text: &str) -> bool {
    let (hash, appendix) =
        text.split_once('.').map_or((text, None), |(hash, appendix)| (hash, Some(appendix)));
    let hexadecimal = hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    hash.len() == 64 && hexadecimal && appendix.is_none_or(is_appendix)
}

/// `fb.1.1596403881668.1116446470`, perhaps with an appendix.
fn is_browser_identifier(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, '.').collect();
    let (head, appendix) = match parts.as_slice() {
        [head @ .., appendix] if head.len() == 4 => (head, Some(appendix)),
        head => (head, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(head, ["fb", index, created, value]
        // Thirteen digits since 2001: fewer are seconds.
        if digits(index) && digits(created) && created.len() == 13 && !value.is_empty())
        && appendix.is_none_or(|appendix| is_appendix(appendix))
}

fn is_appendix(text: &str) -> bool {
    match text.len() {
        2 => ["AQ", "Ag", "Aw", "BA", "BQ", "Bg"].contains(&text),
        8 => text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'),
        _ => false,
    }
}

fn is_address(text: &str) -> bool {
    let plain =
        text.rsplit_once('.').filter(|(_, end)| is_appendix(end)).map_or(text, |(plain, _)| plain);
    plain.parse::<IpAddr>().is_ok()
}
