//! Checks and compares fbp and fbc. Source: `identifiers.md` section 1.

use super::Findings;
use super::half::Half;
use crate::identifiers::{ClickId, Fbc, Fbp};

/// The minimum number that is read as Unix milliseconds. As seconds it would be in the year 5138.
const MILLIS_FROM: u64 = 100_000_000_000;

pub(super) fn check(browser: Option<&Half<'_>>, server: Option<&Half<'_>>, found: &mut Findings) {
    for (half, whose) in [(browser, "browser"), (server, "server")] {
        let Some(half) = half else { continue };
        if let Some(fbp) = half.fbp {
            form("fbp", fbp, Fbp::parse(fbp).is_ok(), whose, found);
        }
        if let Some(fbc) = half.fbc {
            form("fbc", fbc, Fbc::parse(fbc).is_ok(), whose, found);
        }
        click(half, browser.and_then(|browser| browser.url), whose, found);
    }
    if let (Some(browser), Some(server)) = (browser, server) {
        both(browser, server, found);
    }
}

/// Checks the form `fb.<index>.<milliseconds>.<value>`.
fn form(field: &str, text: &str, is_parsed: bool, whose: &str, found: &mut Findings) {
    let mut parts = text.split('.');
    let (start, index, created) = (parts.next(), parts.next(), parts.next());
    let created = created.and_then(|digits| digits.parse::<u64>().ok());
    let has_form = start == Some("fb") && index.is_some_and(|index| index.parse::<u8>().is_ok());
    match created {
        Some(created) if has_form && created < MILLIS_FROM => found.error(
            field,
            format!("The time in the {whose}'s {field} is in seconds."),
            "Write Unix milliseconds: fb.1.1700000000000.…",
        ),
        _ if !is_parsed => found.error(
            field,
            format!("The {whose}'s {field} is not of the form fb.<index>.<milliseconds>.<value>."),
            format!("Send the value of the cookie _{field} as it is."),
        ),
        _ => {}
    }
}

/// Compares fbc with the click id in the address of the page.
fn click(half: &Half<'_>, page: Option<&str>, whose: &str, found: &mut Findings) {
    let click = [half.url, page].into_iter().flatten().find_map(|url| ClickId::in_url(url).ok());
    let Some(click) = click else { return };
    match half.fbc {
        None => found.warning(
            "fbc",
            format!("The page's address has an fbclid, and the {whose}'s copy no fbc."),
            "Send fb.1.<time of the click in milliseconds>.<fbclid>, or the cookie _fbc.",
        ),
        Some(fbc) => {
            if let Some(found_click) = click_id(fbc)
                && found_click != click.as_str()
            {
                let same = found_click.eq_ignore_ascii_case(click.as_str());
                let why = if same { " Its letters have another case." } else { "" };
                found.error(
                    "fbc",
                    format!("The {whose}'s fbc has another click id than the page's address.{why}"),
                    "Replace _fbc when the address has a new fbclid, and keep the click id as it is.",
                );
            }
        }
    }
}

fn both(browser: &Half<'_>, server: &Half<'_>, found: &mut Findings) {
    for (field, one, other) in [("fbp", browser.fbp, server.fbp), ("fbc", browser.fbc, server.fbc)]
    {
        let fix = format!(
            "Read the cookie _{field} on the server, or hand its value over from the page."
        );
        match (one, other) {
            (Some(_), None) => {
                found.warning(field, format!("Only the browser's copy carries {field}."), fix);
            }
            (None, Some(_)) => {
                let fix = format!("Write the cookie _{field} before the pixel starts.");
                found.warning(field, format!("Only the server's copy carries {field}."), fix);
            }
            (Some(one), Some(other)) if plain(one) != plain(other) => match field {
                "fbc" if click_id(one) == click_id(other) => found.warning(
                    field,
                    "The copies carry the same click with different times.",
                    "Make fbc once per click, and send the same value in both copies.",
                ),
                "fbc" => found.error(
                    field,
                    "The click ids of the two copies differ.",
                    "Send the value of the cookie _fbc in both copies.",
                ),
                _ => found.error(
                    field,
                    "The copies carry different browser ids.",
                    "Make _fbp once per browser, keep it for 90 days, and send it in both copies.",
                ),
            },
            _ => {}
        }
    }
}

/// Returns the click id of an fbc, also of one in seconds.
fn click_id(fbc: &str) -> Option<String> {
    match Fbc::parse(fbc) {
        Ok(fbc) => Some(fbc.click_id().into_owned()),
        Err(_) => fbc.split('.').nth(3).map(str::to_owned),
    }
}

/// Returns an identifier without the appendix of Meta's parameter builder.
fn plain(text: &str) -> &str {
    text.match_indices('.').nth(3).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}
