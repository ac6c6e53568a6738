//! Compares what makes two copies one event: dataset, name, id and time. Source: `events.md`
//! section 3.

use super::Findings;
use super::half::Half;
use crate::sandbox::copies::Person;
use crate::sandbox::merging::WINDOW_MILLIS;

const HOUR_MILLIS: u64 = 60 * 60 * 1000;
/// The delay from which Meta optimises worse: "delay > 2 h degrades".
const MAX_DELAY_MILLIS: u64 = 2 * HOUR_MILLIS;
/// The difference between the times of two copies that is worth a warning, in milliseconds.
const MAX_APART_MILLIS: u64 = HOUR_MILLIS;

/// Returns true if Meta takes the two copies for one event. A field that one of them does not have
/// is taken to be the same.
pub(super) fn merges(browser: &Half<'_>, server: &Half<'_>) -> bool {
    let is_same = |one: Option<&str>, other: Option<&str>| match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    let is_joined = !matches!(server.action_source, Some("business_messaging" | "physical_store"));
    is_joined
        && is_same(browser.dataset_id, server.dataset_id)
        && is_same(browser.event_name, server.event_name)
        && apart_millis(browser, server).is_none_or(|apart| apart <= WINDOW_MILLIS)
        && match (browser.event_id, server.event_id) {
            (Some(browser), Some(server)) => browser == server,
            _ => same_person(browser, server).is_some(),
        }
}

/// Returns the parameter that says that both copies are of one person.
fn same_person(browser: &Half<'_>, server: &Half<'_>) -> Option<&'static str> {
    let persons = |half: &Half<'_>| {
        half.user_data.map_or_else(
            || Person::all(&serde_json::Map::new(), half.fbp),
            |user_data| Person::all(user_data, half.fbp),
        )
    };
    let theirs = persons(server);
    persons(browser).iter().find(|person| theirs.contains(person)).map(Person::parameter)
}

/// Returns the time between the receipts of two copies. Where it is not known, the time between the
/// moments at which they say that the event happened.
fn apart_millis(browser: &Half<'_>, server: &Half<'_>) -> Option<u64> {
    match (browser.received_millis, server.received_millis) {
        (Some(browser), Some(server)) => Some(browser.abs_diff(server)),
        _ => Some(browser.happened_millis?.abs_diff(server.happened_millis?)),
    }
}

pub(super) fn check(browser: Option<&Half<'_>>, server: Option<&Half<'_>>, found: &mut Findings) {
    for (half, place) in [(browser, "the parameters"), (server, "custom_data")] {
        if half.is_some_and(|half| {
            half.event_id.is_none()
                && (half.custom("event_id").is_some() || half.custom("eventID").is_some())
        }) {
            found.error(
                "event_id",
                format!("The event id is in {place}, where Meta ignores it."),
                "Give the pixel {eventID: …} in the argument after the parameters, and the server event_id beside event_name.",
            );
        }
    }
    if let Some(server) = server
        && let (Some(happened), Some(received)) = (server.happened_millis, server.received_millis)
    {
        let delay = received.saturating_sub(happened);
        if delay >= MAX_DELAY_MILLIS {
            let hours = delay / HOUR_MILLIS;
            found.warning(
                "event_time",
                format!("The server's copy came {hours} hours after the event; from 2 hours on Meta optimises worse."),
                "Send the event within an hour, and keep its event_time.",
            );
        }
    }
    let (Some(browser), Some(server)) = (browser, server) else {
        let alone = browser.or(server);
        if alone.is_some_and(|half| half.event_id.is_none()) {
            found.error(
                "event_id",
                "The copy carries no event id.",
                "Give both copies the same event id: {eventID: …} in the pixel, event_id on the server.",
            );
        }
        return;
    };
    both(browser, server, found);
}

fn both(browser: &Half<'_>, server: &Half<'_>, found: &mut Findings) {
    if matches!(server.action_source, Some("business_messaging" | "physical_store")) {
        found.error(
            "action_source",
            "Meta does not join a browser's copy with an event of this action source.",
            "Send \"website\" for what happened on a website.",
        );
    }
    if let (Some(one), Some(other)) = (browser.dataset_id, server.dataset_id)
        && one != other
    {
        found.error(
            "dataset_id",
            format!("The datasets differ: browser \"{one}\", server \"{other}\"."),
            "Send both copies to the same dataset.",
        );
    }
    if let (Some(one), Some(other)) = (browser.event_name, server.event_name)
        && one != other
    {
        let letters =
            if one.eq_ignore_ascii_case(other) { " Names are case-sensitive." } else { "" };
        found.error(
            "event_name",
            format!("The event names differ: browser \"{one}\", server \"{other}\".{letters}"),
            "Send the same name in both copies.",
        );
    }
    ids(browser, server, found);
    let apart = apart_millis(browser, server);
    if apart.is_some_and(|apart| apart > WINDOW_MILLIS) {
        found.error(
            "event_time",
            "The copies are more than 48 hours apart: Meta counts both.",
            "Send both copies when the event happens.",
        );
    } else if let (Some(one), Some(other)) = (browser.happened_millis, server.happened_millis)
        && one.abs_diff(other) > MAX_APART_MILLIS
    {
        let minutes = one.abs_diff(other) / 60_000;
        found.warning(
            "event_time",
            format!("The times of the copies are {minutes} minutes apart."),
            "Send the time at which the event happened, in seconds of Unix time, UTC.",
        );
    }
}

fn ids(browser: &Half<'_>, server: &Half<'_>, found: &mut Findings) {
    let without = match (browser.event_id, server.event_id) {
        (Some(one), Some(other)) if one == other => return,
        (Some(one), Some(other)) => {
            return found.error(
                "event_id",
                format!("The event ids differ: browser \"{one}\", server \"{other}\"."),
                "Make the id once, and hand it to both copies.",
            );
        }
        (None, None) => "Neither copy carries an event id",
        (None, _) => "The browser's copy carries no event id",
        (_, None) => "The server's copy carries no event id",
    };
    let fix =
        "Give both copies the same event id: {eventID: …} in the pixel, event_id on the server.";
    match same_person(browser, server) {
        Some(same) => found.warning(
            "event_id",
            format!("{without}. Meta joins them by {same} only if the browser's copy comes first."),
            fix,
        ),
        None => found.error(
            "event_id",
            format!("{without}, nor do they share fbp or external_id: Meta counts both."),
            fix,
        ),
    }
}
