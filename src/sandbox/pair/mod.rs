//! Compares the two copies of an event, and names what is wrong in them.
//!
//! The copies are those that the sandbox received, or those that a test sends to
//! `POST /api/check-pair`.

mod address;
mod browser_ids;
mod customer;
mod event;
mod half;
mod order;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::copies::{BrowserCopy, ServerCopy};
use super::finding::{Finding, Findings};
use super::{Response, read, server_event};
use half::Half;

/// Returns what is wrong in the stored copies of an event.
pub(super) fn findings(
    event_name: &str,
    browser: Option<&BrowserCopy>,
    server: Option<&ServerCopy>,
    why_not: Option<&str>,
) -> Vec<Finding> {
    let mut found = Findings::default();
    match (browser, server, why_not) {
        (Some(_), None, Some(why)) => {
            let fix = "Send the server's copy with the same event name and event id.";
            found.warning("server", why, fix);
        }
        (None, Some(_), Some(why)) => {
            let fix = "If this event also happens in a browser, send its copy with the same event name and event id.";
            found.warning("browser", why, fix);
        }
        _ => {}
    }
    let browser = browser.map(|copy| Half::of_browser_copy(event_name, copy));
    let server = server.map(|copy| Half::of_server_copy(event_name, copy));
    compare(browser.as_ref(), server.as_ref(), &mut found);
    found.sorted()
}

/// The body of `POST /api/check-pair`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    browser: Option<Map<String, Value>>,
    #[serde(default)]
    server: Option<Map<String, Value>>,
    now_millis: Option<u64>,
}

/// Checks a pair that a test sends. Stores nothing.
pub(super) fn check_pair(now_millis: u64, body: &[u8]) -> Response {
    let example = "{\"browser\": {…} or null, \"server\": {…} or null}";
    let Wanted { browser, server, now_millis: given } = match read::json(body, example) {
        Ok(wanted) => wanted,
        Err(sentence) => return Response::problem(400, &sentence),
    };
    let now_millis = given.unwrap_or(now_millis);
    let mut found = Findings::default();
    if browser.is_none() {
        let fix = "Call fbq('track', name, parameters, {eventID: …}) with the server's event id.";
        found.error("browser", "There is no browser copy.", fix);
    }
    match &server {
        None => {
            let fix = "Send the server's copy with the browser's event name and event id.";
            found.error("server", "There is no server copy.", fix);
        }
        Some(event) => as_meta_checks(event, now_millis, &mut found),
    }
    let browser = browser.as_ref().map(Half::of_hit);
    let server = server.as_ref().map(Half::of_server_event);
    compare(browser.as_ref(), server.as_ref(), &mut found);
    let merged = match (&browser, &server) {
        (Some(browser), Some(server)) => event::merges(browser, server),
        _ => false,
    };
    Response::json(200, &json!({ "merged": merged, "findings": found.sorted() }))
}

/// Adds the reason for which Meta rejects a server event.
fn as_meta_checks(event: &Map<String, Value>, now_millis: u64, found: &mut Findings) {
    if let Err(invalid) = server_event::check(event, "", now_millis, &mut Vec::new()) {
        let (path, sentence) = invalid.told();
        let path = path.trim_start_matches('.');
        found.error(
            path,
            format!("Meta rejects the event for it. {sentence}"),
            "Correct it, or leave the field out.",
        );
    }
}

fn compare(browser: Option<&Half<'_>>, server: Option<&Half<'_>>, found: &mut Findings) {
    event::check(browser, server, found);
    browser_ids::check(browser, server, found);
    customer::check(browser, server, found);
    order::check(browser, server, found);
    address::check(browser, server, found);
}
