//! Checks and compares the address of the page, and limited data use. Source:
//! `quality-and-tokens.md` section 9.1, `privacy.md` section 1.

use super::Findings;
use super::half::Half;

const FIELD: &str = "event_source_url";

/// The parameters whose values are personal. The list is ours: Meta publishes none.
const PERSONAL: [&str; 27] = [
    "email",
    "e-mail",
    "mail",
    "em",
    "username",
    "user",
    "name",
    "fname",
    "lname",
    "firstname",
    "lastname",
    "first_name",
    "last_name",
    "phone",
    "tel",
    "mobile",
    "address",
    "street",
    "zip",
    "postcode",
    "dob",
    "birthday",
    "ssn",
    "password",
    "pass",
    "token",
    "access_token",
];

pub(super) fn check(browser: Option<&Half<'_>>, server: Option<&Half<'_>>, found: &mut Findings) {
    for (half, whose) in [(browser, "browser"), (server, "server")] {
        if let Some(name) = half.and_then(|half| half.url).and_then(personal) {
            found.error(
                FIELD,
                format!(
                    "The address in the {whose}'s copy has personal data in its parameter {name}."
                ),
                "Take the parameter out of the address before the event is sent.",
            );
        }
    }
    let (Some(browser), Some(server)) = (browser, server) else { return };
    if let (Some(one), Some(other)) = (browser.url, server.url)
        && one != other
    {
        let (one, other) = (place(one), place(other));
        if one.0 != other.0 {
            found.error(
                FIELD,
                "The addresses of the copies are of different hosts.",
                "Send the address of the page on which the event happened in both copies.",
            );
        } else if one.1 != other.1 {
            found.warning(
                FIELD,
                "The addresses of the copies are of different pages.",
                "Send the address of the page on which the event happened in both copies.",
            );
        }
    }
    let is_limited = |half: &Half<'_>| {
        let options = half.data_processing_options.and_then(|options| options.as_array());
        options.is_some_and(|options| options.iter().any(|option| option == "LDU"))
    };
    if is_limited(browser) != is_limited(server) {
        let whose = if is_limited(browser) { "browser" } else { "server" };
        found.error(
            "data_processing_options",
            format!("Only the {whose}'s copy limits data use."),
            "Send the same data processing options in both copies.",
        );
    }
}

/// Returns the parameter of an address that has personal data.
fn personal(address: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let query = query.split('#').next().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).find_map(|(name, value)| {
        let is_address = value.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.split_once('.').is_some_and(|(_, end)| !end.is_empty())
        });
        let is_named = PERSONAL.contains(&name.to_ascii_lowercase().as_str());
        (is_address || (is_named && !value.is_empty() && value != "_removed_"))
            .then(|| name.chars().take(40).collect())
    })
}

/// Returns the host and the path of an address.
fn place(address: &str) -> (String, &str) {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (host.to_ascii_lowercase(), if path.is_empty() { "/" } else { path })
}
