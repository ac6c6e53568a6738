//! Reads `user_data` as senders write it. Fields that Meta wants hashed may come raw or hashed.
//! They are hashed in the result.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::fields::{Fields, id_text, integer, is_absent};
use super::moment::year;
use crate::customer::{self, Field, Hashed};
use crate::event::{CustomerInformation, HASHED_BY_SENDER, Unhashed, is_hash, is_placeholder};
use crate::identifiers::{ClientIpOptions, Fbc, Fbp, client_ip};

/// The maximum number of values of one field. No person has more, and each value is hashed.
const MOST_VALUES: usize = 50;

/// Reads the fields that a page may set. All other fields are ignored.
pub(super) fn of_page(mut fields: Fields, now_millis: u64) -> (CustomerInformation, Fields) {
    let mut customer = CustomerInformation::default();
    let all = fields.rest();
    let options = options(&all, now_millis);
    for (key, value) in &all {
        if !is_absent(value) {
            shared(&mut customer, &mut fields, key, value, &options, now_millis);
        }
    }
    (customer, fields)
}

/// Reads the fields that a server may set: also the visitor's address and user agent, and ids that
/// Meta takes as they are.
pub(super) fn of_server(mut fields: Fields, now_millis: u64) -> (CustomerInformation, Fields) {
    let mut customer = CustomerInformation::default();
    let all = fields.rest();
    let options = options(&all, now_millis);
    for (key, value) in &all {
        if is_absent(value) || shared(&mut customer, &mut fields, key, value, &options, now_millis)
        {
            continue;
        }
        match key.as_str() {
            "client_ip_address" => match value.as_str().and_then(visitors_address) {
                Some(address) => customer.client_ip_address = Some(address),
                None => fields.leave_out(
                    "invalid_client_ip_address",
                    key,
                    "expected the visitor's public IPv4 or IPv6 address",
                ),
            },
            "client_user_agent" => match value {
                Value::String(agent) => customer.client_user_agent = Some(agent.clone()),
                _ => fields.leave_out("wrong_type", key, "expected the visitor's user agent"),
            },
            _ => ids(&mut customer, &mut fields, key, value),
        }
    }
    (customer, fields)
}

/// Returns the options for reading values. As on a page, the country in the same `user_data` is the
/// default for national phone numbers, states and postal codes, and no date of birth is after this
/// year.
fn options(all: &Map<String, Value>, now_millis: u64) -> customer::Options<'_> {
    let default_country = match all.get("country") {
        Some(Value::Array(countries)) => countries.first().and_then(Value::as_str),
        Some(country) => country.as_str(),
        None => None,
    };
    customer::Options { default_country, this_year: year(now_millis) }
}

/// Parses a visitor's address, with or without the appendix of Meta's parameter builder. Returns
/// `None` for an address that is not public, such as one in a server's own network.
fn visitors_address(text: &str) -> Option<IpAddr> {
    let public = |text| client_ip(&|_| None, Some(text), &ClientIpOptions::default());
    public(text).or_else(|| public(text.rsplit_once('.')?.0))
}

/// Reads a field that both pages and servers may set. Returns false if the field is not one of
/// them.
fn shared(
    customer: &mut CustomerInformation,
    fields: &mut Fields,
    key: &str,
    value: &Value,
    options: &customer::Options<'_>,
    now_millis: u64,
) -> bool {
    match key {
        "fbp" => match value.as_str().map(Fbp::parse) {
            Some(Ok(fbp)) => customer.fbp = Some(fbp),
            Some(Err(reason)) => fields.leave_out("invalid_fbp", key, &reason.to_string()),
            None => fields.leave_out("invalid_fbp", key, "expected the cookie's value, text"),
        },
        "fbc" => match value.as_str().map(Fbc::parse) {
            Some(Ok(fbc)) if fbc.is_fresh(now_millis) => customer.fbc = Some(fbc),
            Some(Ok(_)) => fields.leave_out(
                "stale_fbc",
                key,
                "expected a click of the last 90 days, its time in milliseconds",
            ),
            Some(Err(reason)) => fields.leave_out("invalid_fbc", key, &reason.to_string()),
            None => fields.leave_out("invalid_fbc", key, "expected the cookie's value, text"),
        },
        _ => {
            let Some(field) = Field::from_key(key) else { return false };
            let (texts, has_wrong) = texts(value);
            if has_wrong {
                fields.leave_out("wrong_type", key, "expected text, or a list of texts");
            }
            if texts.len() > MOST_VALUES {
                let message = "expected at most 50 values of one person; the others were left out";
                fields.leave_out("too_many_values", key, message);
            }
            for text in texts.into_iter().take(MOST_VALUES) {
                match customer::hash(field, &text, options) {
                    Ok(hashes) => {
                        for hash in hashes.into_iter().filter_map(without_odd_appendix) {
                            add(customer, fields, field, hash);
                        }
                    }
                    Err(reason) => {
                        fields.leave_out("unusable_customer_information", key, &reason.to_string())
                    }
                }
            }
        }
    }
    true
}

/// Returns a hash as Meta takes it. Removes an appendix that Meta's parameter builder does not
/// write, and an appendix after capital letters. The hash itself is valid.
fn without_odd_appendix(hash: Hashed) -> Option<Hashed> {
    if is_hash(hash.as_str()) {
        return Some(hash);
    }
    let (digits, _) = hash.as_str().split_once('.')?;
    Hashed::parse(digits)
}

fn add(customer: &mut CustomerInformation, fields: &mut Fields, field: Field, hash: Hashed) {
    if is_placeholder(field.key(), hash.as_str()) {
        leave_out_placeholder(fields, field.key());
    } else {
        customer.add(field, hash);
    }
}

fn leave_out_placeholder(fields: &mut Fields, key: &str) {
    let message = "expected the hash of a value; this is the hash of an empty text or of a placeholder such as \"null\"";
    fields.leave_out("unusable_customer_information", key, message);
}

fn ids(customer: &mut CustomerInformation, fields: &mut Fields, key: &str, value: &Value) {
    if let Some(&name) = HASHED_BY_SENDER.iter().find(|name| **name == key) {
        let (texts, _) = texts(value);
        let texts = texts.iter().take(MOST_VALUES);
        let mut hashes: Vec<Hashed> =
            texts.filter_map(|text| without_odd_appendix(Hashed::parse(text)?)).collect();
        if hashes.is_empty() {
            fields.leave_out("not_hashed", key, "expected a SHA-256 in 64 hexadecimal digits");
        }
        let found = hashes.len();
        hashes.retain(|hash| !is_placeholder(name, hash.as_str()));
        if hashes.len() < found {
            leave_out_placeholder(fields, key);
        }
        if !hashes.is_empty() {
            customer.hashed.insert(name, hashes);
        }
        return;
    }
    match Unhashed::from_key(key) {
        Some(id) if id.is_integer() => match integer(value) {
            Some(number) => drop(customer.unhashed.insert(id.key(), number.into())),
            None => fields.leave_out("wrong_type", key, "expected an id of digits"),
        },
        Some(id) => match texts(value).0.into_iter().next() {
            Some(text) => drop(customer.unhashed.insert(id.key(), text.into())),
            None => fields.leave_out("wrong_type", key, "expected an id, text"),
        },
        None => fields.leave_out(
            "unknown_field",
            "*",
            "a field that Meta does not document was left out: check its spelling",
        ),
    }
}

/// Returns the texts of a field, which is a value or a list of values, without blank ones. Also
/// returns true if one of the values is not text. A whole number becomes its decimal text.
fn texts(value: &Value) -> (Vec<String>, bool) {
    let values = match value {
        Value::Array(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut texts = Vec::with_capacity(values.len().min(MOST_VALUES + 1));
    let mut has_wrong = false;
    for value in values.iter().filter(|value| !is_absent(value)) {
        match value {
            Value::String(text) => texts.push(text.clone()),
            value => match id_text(value) {
                Some(text) => texts.push(text),
                None => has_wrong = true,
            },
        }
        if texts.len() > MOST_VALUES {
            break;
        }
    }
    (texts, has_wrong)
}
