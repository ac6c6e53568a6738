//! `user_data` as senders write it: what Meta wants hashed may come raw or hashed, and leaves hashed.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::fields::{Fields, integer};
use crate::customer::{self, Field, Hashed};
use crate::event::{CustomerInformation, HASHED_BY_SENDER, Unhashed};
use crate::identifiers::{ClientIpOptions, Fbc, Fbp, client_ip};

/// Values of one field: no person has as many, and each is hashed.
const MOST_VALUES: usize = 50;

/// What a page may say of a visitor. Under every other name it is passed over.
pub(super) fn of_page(mut fields: Fields, now_millis: u64) -> (CustomerInformation, Fields) {
    let mut customer = CustomerInformation::default();
    let all = fields.rest();
    let options = options(&all);
    for (key, value) in &all {
        shared(&mut customer, &mut fields, key, value, &options, now_millis);
    }
    (customer, fields)
}

/// What a server may say: also the address and the browser of the visitor, and ids that Meta takes
/// as they are.
pub(super) fn of_server(mut fields: Fields, now_millis: u64) -> (CustomerInformation, Fields) {
    let mut customer = CustomerInformation::default();
    let all = fields.rest();
    let options = options(&all);
    for (key, value) in &all {
        if value.is_null() || shared(&mut customer, &mut fields, key, value, &options, now_millis) {
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
                Value::String(agent) if !agent.is_empty() => {
                    customer.client_user_agent = Some(agent.clone());
                }
                _ => fields.leave_out("wrong_type", key, "expected the visitor's user agent"),
            },
            _ => ids(&mut customer, &mut fields, key, value),
        }
    }
    (customer, fields)
}

/// How values are read: a national phone number, a state, a postal code are the country's that is said
/// beside them, as in a page.
fn options(all: &Map<String, Value>) -> customer::Options<'_> {
    let default_country = match all.get("country") {
        Some(Value::Array(countries)) => countries.first().and_then(Value::as_str),
        Some(country) => country.as_str(),
        None => None,
    };
    customer::Options { default_country, ..customer::Options::default() }
}

/// An address, with or without the appendix of Meta's parameter builder; never one of a server's own
/// network.
fn visitors_address(text: &str) -> Option<IpAddr> {
    let public = |text| client_ip(&|_| None, Some(text), &ClientIpOptions::default());
    public(text).or_else(|| public(text.rsplit_once('.')?.0))
}

/// The fields that pages and servers may say alike; whether it was one of them.
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
            None => {}
        },
        "fbc" => match value.as_str().map(Fbc::parse) {
            Some(Ok(fbc)) if fbc.is_fresh(now_millis) => customer.fbc = Some(fbc),
            Some(Ok(_)) => fields.leave_out(
                "stale_fbc",
                key,
                "expected a click of the last 90 days, its time in milliseconds",
            ),
            Some(Err(reason)) => fields.leave_out("invalid_fbc", key, &reason.to_string()),
            None => {}
        },
        _ => {
            let Some(field) = Field::from_key(key) else { return false };
            let texts = texts(value);
            if texts.len() > MOST_VALUES {
                let message = "expected at most 50 values of one person; the others were left out";
                fields.leave_out("too_many_values", key, message);
            }
            for text in texts.into_iter().take(MOST_VALUES) {
                match customer::hash(field, &text, options) {
                    Ok(hashes) => hashes.into_iter().for_each(|hash| customer.add(field, hash)),
                    Err(reason) => {
                        fields.leave_out("unusable_customer_information", key, &reason.to_string())
                    }
                }
            }
        }
    }
    true
}

fn ids(customer: &mut CustomerInformation, fields: &mut Fields, key: &str, value: &Value) {
    if let Some(&name) = HASHED_BY_SENDER.iter().find(|name| **name == key) {
        let hashes: Vec<Hashed> =
            texts(value).iter().take(MOST_VALUES).filter_map(|text| Hashed::parse(text)).collect();
        if hashes.is_empty() {
            fields.leave_out("not_hashed", key, "expected a SHA-256 in 64 hexadecimal digits");
        } else {
            customer.hashed.insert(name, hashes);
        }
        return;
    }
    match Unhashed::from_key(key) {
        Some(id) if id.is_integer() => match integer(value) {
            Some(number) => drop(customer.unhashed.insert(id.key(), number.into())),
            None => fields.leave_out("wrong_type", key, "expected an id of digits"),
        },
        Some(id) => match texts(value).into_iter().find(|text| !text.is_empty()) {
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

/// A field of customer information is a value or a list of values.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
