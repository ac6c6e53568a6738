//! Explains in a sentence why an event has only one copy.

use std::cmp::Reverse;

use super::merging::{Channel, Event, Events, WINDOW_MILLIS};

/// The maximum number of events that are compared. If many events share an id, more of them explain
/// nothing.
const EVENTS_TO_COMPARE: usize = 16;

/// Explains why an event is not merged. Returns `None` if the event has both copies.
pub(super) fn why_not(events: &Events, event: &Event, now_millis: u64) -> Option<String> {
    let there = match (&event.browser, &event.server) {
        (Some(_), Some(_)) => return None,
        (Some(_), None) => Channel::Server,
        (None, _) => Channel::Browser,
    };
    misplaced_id(event)
        .or_else(|| same_id(events, event, there))
        .or_else(|| same_person(events, event, there))
        .or_else(|| Some(alone(event, there, now_millis)))
}

/// Recognises "Common mistakes: `event_id` inside `custom_data`", and `eventID` among the pixel's
/// parameters.
fn misplaced_id(event: &Event) -> Option<String> {
    if event.event_id.is_some() {
        return None;
    }
    let misplaced = |data: &serde_json::Map<_, _>| {
        data.contains_key("event_id") || data.contains_key("eventID")
    };
    if event.browser.as_ref().is_some_and(|copy| misplaced(&copy.custom_data)) {
        let sentence = "The browser's event id is among the event's parameters, where Meta ignores it; give it as \
                        {eventID: …} in the argument after them.";
        return Some(sentence.to_owned());
    }
    if event.server.as_ref().is_some_and(|copy| misplaced(&copy.custom_data)) {
        return Some(
            "The server's event id is in custom_data, where Meta ignores it; move it to the event."
                .to_owned(),
        );
    }
    None
}

fn same_id(events: &Events, event: &Event, there: Channel) -> Option<String> {
    let others = events.with_id(event.event_id.as_deref()?).take(EVENTS_TO_COMPARE);
    others.filter(|other| !other.is(event) && other.received_millis(there).is_some()).find_map(
        |other| {
            let same_name = event.event_name == other.event_name;
            let same_dataset = event.dataset_id == other.dataset_id;
            let pair = |here: &str, other: &str| match there {
                Channel::Server => format!("browser \"{here}\", server \"{other}\""),
                Channel::Browser => format!("browser \"{other}\", server \"{here}\""),
            };
            match (same_name, same_dataset) {
                (true, true) => Some(too_far_apart(event, other)),
                (true, false) => Some(format!(
                    "Same id and name, but different datasets: {}.",
                    pair(&event.dataset_id, &other.dataset_id)
                )),
                (false, true) => Some(format!(
                    "Same id but different names: {}.",
                    pair(&event.event_name, &other.event_name)
                )),
                (false, false) => None,
            }
        },
    )
}

fn same_person(events: &Events, event: &Event, there: Channel) -> Option<String> {
    let received = event.received_millis(there.other())?;
    event.persons().iter().find_map(|person| {
        let nearest = events.near(event, person, there).filter(|other| !other.is(event)).max_by_key(|other| {
            Reverse(other.received_millis(there).map_or(u64::MAX, |at| at.abs_diff(received)))
        })?;
        let same = person.parameter();
        let apart = nearest.received_millis(there)?.abs_diff(received);
        let (browser, server) = match there {
            Channel::Server => (event, nearest),
            Channel::Browser => (nearest, event),
        };
        match (&browser.event_id, &server.event_id) {
            (Some(_), Some(_)) if apart > WINDOW_MILLIS => None,
            (Some(browser), Some(server)) => {
                Some(format!("The event ids differ: browser \"{browser}\", server \"{server}\" (same {same})."))
            }
            _ if apart > WINDOW_MILLIS => Some(too_far_apart(event, nearest)),
            (browser, server) => {
                let without = match (browser, server) {
                    (None, None) => "Neither copy carries an event id",
                    (None, _) => "The browser's copy carries no event id",
                    _ => "The server's copy carries no event id",
                };
                Some(format!(
                    "{without}, and the server's copy came first: by {same} alone Meta merges only a browser's \
                     copy that was there before."
                ))
            }
        }
    })
}

fn too_far_apart(event: &Event, other: &Event) -> String {
    let received = |event: &Event| {
        event
            .received_millis(Channel::Browser)
            .or(event.received_millis(Channel::Server))
            .unwrap_or_default()
    };
    let hours = received(event).abs_diff(received(other)).div_ceil(60 * 60 * 1000);
    format!("The two copies came more than 48 hours apart (about {hours}): Meta counts both.")
}

fn alone(event: &Event, there: Channel, now_millis: u64) -> String {
    let received = event.received_millis(there.other()).unwrap_or_default();
    let is_late = now_millis.saturating_sub(received) > WINDOW_MILLIS;
    let absent = match (there, is_late) {
        (Channel::Server, false) => "The server's copy has not arrived (yet)",
        (Channel::Server, true) => "The server's copy did not arrive within 48 hours",
        (Channel::Browser, false) => "No browser copy has arrived (yet)",
        (Channel::Browser, true) => "No browser copy arrived within 48 hours",
    };
    if event.event_id.is_some() {
        return format!("{absent}.");
    }
    let why = match there {
        Channel::Server if event.persons().is_empty() => {
            "The browser's copy carries no event id, no fbp and no external_id, so nothing can merge with it."
        }
        Channel::Server => {
            "The browser's copy carries no event id, so only its fbp or external_id can tell the server's."
        }
        Channel::Browser => {
            "The server's copy carries no event id, so only a browser copy with its fbp or external_id that came \
             before it could merge."
        }
    };
    format!("{absent}. {why}")
}
