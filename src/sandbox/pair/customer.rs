//! Checks and compares customer information. Source: `customer-info.md` sections 1 and 5.
//!
//! A hash cannot be reversed. But for a field with few values, the hashes of the usual wrong forms
//! can be known.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::Findings;
use super::half::Half;
use crate::customer::sha256_hex;
use crate::event::{is_appendix, is_hash, is_placeholder};
use crate::sandbox::customer_information::HASHED;

pub(super) fn check(browser: Option<&Half<'_>>, server: Option<&Half<'_>>, found: &mut Findings) {
    for (half, whose) in [(browser, "browser"), (server, "server")] {
        let Some(half) = half else { continue };
        for key in HASHED {
            for value in half.customer(key) {
                one(key, value, whose, found);
            }
        }
    }
    if let Some(server) = server.filter(|server| server.action_source == Some("website")) {
        if server.client_user_agent.is_none() {
            found.warning(
                "client_user_agent",
                "The server's copy carries no client_user_agent, which Meta requires of websites.",
                "Send the User-Agent header of the visitor's request.",
            );
        }
        if server.client_ip_address.is_none() {
            found.warning(
                "client_ip_address",
                "The server's copy carries no client_ip_address.",
                "Send the visitor's address, not the server's.",
            );
        }
    }
    if let (Some(browser), Some(server)) = (browser, server) {
        both(browser, server, found);
    }
}

fn one(key: &str, value: &str, whose: &str, found: &mut Findings) {
    let field = format!("user_data.{key}");
    let hash =
        value.split_once('.').filter(|(_, end)| is_appendix(end)).map_or(value, |(hash, _)| hash);
    let is_hexadecimal = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let fix = "Normalise the value, then send SHA-256 in 64 lower-case hexadecimal characters.";
    if !is_hash(value) {
        let what = match hash.len() {
            32 if is_hexadecimal => "is an MD5 hash, not SHA-256",
            40 if is_hexadecimal => "is a SHA-1 hash, not SHA-256",
            64 if is_hexadecimal => "is a hash in capitals",
            _ => "is not hashed",
        };
        found.error(&field, format!("The {whose}'s {key} {what}."), fix);
    } else if is_placeholder(key, value) {
        found.error(
            &field,
            format!("The {whose}'s {key} is the hash of an empty text or of a placeholder."),
            "Leave the field out when there is no value.",
        );
    } else if let Some(form) = wrong_form(key, hash) {
        found.error(&field, format!("The {whose}'s {key} is the hash of {form}."), fix);
    }
}

/// Returns which wrong form of a value was hashed, where that can be known.
fn wrong_form(key: &str, hash: &str) -> Option<&'static str> {
    let is_of = |texts: &[&str]| texts.iter().any(|text| sha256_hex(text.as_bytes()) == hash);
    match key {
        "ge" => is_of(&["male", "female", "Male", "Female", "MALE", "FEMALE", "M", "F"])
            .then_some("another text than \"f\" or \"m\""),
        "country" | "st" if capitals().contains(hash) => Some("a code in capitals"),
        "country" => is_of(&[
            "usa",
            "USA",
            "United States",
            "united states",
            "Germany",
            "germany",
            "uk",
            "UK",
            "United Kingdom",
            "united kingdom",
            "France",
            "france",
            "Brazil",
            "brazil",
            "India",
            "india",
            "Canada",
            "canada",
            "deu",
            "gbr",
            "fra",
        ])
        .then_some("a name, where Meta wants two letters"),
        _ => None,
    }
}

/// Returns the hashes of all codes of two capitals.
fn capitals() -> &'static BTreeSet<String> {
    static HASHES: OnceLock<BTreeSet<String>> = OnceLock::new();
    HASHES.get_or_init(|| {
        let codes = (b'A'..=b'Z').flat_map(|one| (b'A'..=b'Z').map(move |other| [one, other]));
        codes.map(|code| sha256_hex(&code)).collect()
    })
}

fn both(browser: &Half<'_>, server: &Half<'_>, found: &mut Findings) {
    for key in HASHED.into_iter().chain(["external_id"]) {
        let (one, other) = (browser.customer(key), server.customer(key));
        let plain = |value: &str| value.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let is_shared = one.iter().any(|one| other.iter().any(|other| plain(one) == plain(other)));
        if one.is_empty() || other.is_empty() || is_shared {
            continue;
        }
        let field = format!("user_data.{key}");
        if key == "external_id" {
            let hashed = |values: &[&str]| values.iter().all(|value| is_hash(value));
            let why = match (hashed(&one), hashed(&other)) {
                (true, false) => " The browser's is hashed, the server's is not.",
                (false, true) => " The server's is hashed, the browser's is not.",
                _ => "",
            };
            found.error(
                &field,
                format!("The copies carry different external ids.{why}"),
                "Send the same id in the same form in both copies. The pixel hashes it, so hash it on the server.",
            );
        } else {
            found.error(
                &field,
                format!("The copies carry different hashes of {key}: one of them is of another value, or of one that was not normalised."),
                "Normalise before hashing (em: trim, lower case; ph: digits with country code), in both copies alike.",
            );
        }
    }
    if let (Some(one), Some(other)) = (browser.client_user_agent, server.client_user_agent)
        && one != other
    {
        found.warning(
            "client_user_agent",
            "The user agents of the copies differ.",
            "Send the User-Agent header of the visitor's request, not that of the server.",
        );
    }
}
