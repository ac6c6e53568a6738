//! Turns the body of an authenticated request into events for the outbox: parses, enriches and
//! validates them.

use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::connection::Connection;
use super::order;
use super::sender::{AllowedOrigin, KnownServer, Sender};
use super::storage_budget::StorageBudget;
use crate::event::{
    CUSTOMER_INFORMATION_TOO_BROAD, OrderMention, Problem, ServerEvent, Trust, consent,
};
use crate::relay::config::{Config, GlobalPrivacyControl, MAX_EVENT_BYTES, MAX_EVENTS_PER_REQUEST};
use crate::sources::json::Element;
use crate::sources::mapping::{self, Moments, Origins, SAME_MOMENT, Table, through};
use crate::sources::{Body, NoEntropy, Read, Reading, orders, page, server};

/// The accepted events of one request, and the answer to it.
#[derive(Debug, Serialize)]
pub struct Intake {
    /// The answer to send once the events are stored.
    pub answer: Answer,
    /// The dataset of the events; `None` when there are none.
    pub dataset_id: Option<String>,
    /// The trust in their sender.
    pub trust: Trust,
    /// The events to store, in their order.
    pub events: Vec<Accepted>,
    /// The events that are not forwarded because the person said no. What is remembered of their
    /// orders is deleted.
    pub withdrawn: Vec<Accepted>,
    /// The customer information of Segment's `identify` calls. It is stored before the events.
    pub people: Vec<Person>,
    /// The same in the outbox's form; `None` when there is nothing to store.
    #[serde(skip)]
    pub parcel: Option<Parcel>,
}

use crate::relay::outbox::Parcel;
pub use crate::relay::outbox::Person;

/// An accepted event, as the outbox stores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// Event name and event id. Within 48 hours an event with the same key is a copy of this one.
    pub key: String,
    /// The sender's trust: a page's copy never stops or changes a server's copy.
    pub trust: Trust,
    /// The time until which the event can be sent to Meta, in Unix seconds.
    pub send_before: i64,
    /// The event in Meta's JSON.
    pub event: String,
    /// The keys under which the outbox may have customer information of the event's person.
    pub known_as: Vec<String>,
    /// The members that stand beside `data` in the request to Meta: a JSON object, or empty. All
    /// events of a batch have the same.
    pub main_body: String,
    /// The order that the event mentions.
    pub order: Option<OrderMention>,
}

/// Reads the events of a page or a server, and returns those to store with the answer.
///
/// # Errors
/// Returns [`NoEntropy`] if there was no entropy for the id of an event that came without one.
/// Nothing may be stored then.
pub fn take(
    config: &Config,
    connection: &Connection,
    sender: &Sender,
    body: &[u8],
    now_millis: u64,
    entropy: &mut dyn FnMut() -> Option<[u8; 16]>,
) -> Result<Intake, NoEntropy> {
    let reading = Reading { now_millis, entropy };
    match sender {
        Sender::Page(origin) => from_page(config, connection, origin, body, reading),
        Sender::Server(server) => from_server(config, connection, server, body, reading),
    }
}

/// Reads the events of a page. Refuses them if the browser sends `Sec-GPC: 1` and the configuration
/// demands it.
///
/// # Errors
/// As [`take`].
pub fn from_page(
    config: &Config,
    connection: &Connection,
    origin: &AllowedOrigin,
    body: &[u8],
    mut reading: Reading<'_>,
) -> Result<Intake, NoEntropy> {
    let mut has_opted_out = false;
    let intake = if connection.privacy_control
        && config.global_privacy_control == GlobalPrivacyControl::Refuse
    {
        let message =
            "the visitor's browser asks for privacy (Global Privacy Control): nothing was kept";
        Intake::refused(403, &Problem::refused("global_privacy_control", "Sec-GPC", message))
    } else {
        each(config, connection, body, config.max_body_bytes, None, |value, path| {
            let mut read = page::event(value, path, &mut reading)?;
            if let Some(event) = &mut read.event {
                has_opted_out |= event.opt_out == Some(true);
                connection.enrich_page(config, event);
            }
            Ok(read)
        })?
    };
    let mut answer = intake.answer.readable_by(origin);
    let is_denied = has_opted_out || answer.refused.contains(&consent::CONSENT_DENIED);
    if !is_denied && !intake.events.is_empty() {
        answer.set_cookies(&connection.rewritten_cookies);
    }
    Ok(Intake { answer, ..intake })
}

/// Reads the events of a server.
///
/// # Errors
/// As [`take`].
pub fn from_server(
    config: &Config,
    connection: &Connection,
    server: &KnownServer,
    body: &[u8],
    mut reading: Reading<'_>,
) -> Result<Intake, NoEntropy> {
    each(config, connection, body, config.max_server_body_bytes, Some(server), |value, path| {
        of_server(connection, value, path, &mut reading)
    })
}

/// Parses one event of a server, and adds the visitor's identifiers from its connection.
pub(super) fn of_server(
    connection: &Connection,
    value: Value,
    path: &str,
    reading: &mut Reading<'_>,
) -> Result<Read, NoEntropy> {
    let mut read = server::event(value, path, reading)?;
    if let Some(event) = &mut read.event {
        connection.enrich_server(event);
    }
    Ok(read)
}

/// Reads a body, and each of its events separately. A bad event does not affect the others.
fn each(
    config: &Config,
    connection: &Connection,
    body: &[u8],
    max_bytes: u32,
    server: Option<&KnownServer>,
    read: impl FnMut(Value, &str) -> Result<Read, NoEntropy>,
) -> Result<Intake, NoEntropy> {
    let refused = |status, problem: &Problem| Ok(Intake::refused(status, problem));
    let received_bytes = connection.header_bytes.saturating_add(body.len());
    if body.len() > max_bytes as usize {
        let message = format!("expected at most {max_bytes} bytes; send fewer events at once");
        return refused(413, &Problem::refused("body_too_large", "", message));
    }
    let body = match Body::read(body) {
        Ok(body) => body,
        Err(problem) => return refused(400, &problem),
    };
    let Some(dataset_id) = config.dataset(body.dataset_id.as_deref()) else {
        let message =
            "expected a dataset id that the worker's configuration lists under \"datasets\"";
        return refused(400, &Problem::refused("unknown_dataset", "dataset_id", message));
    };
    if body.data.is_empty() || body.data.len() > MAX_EVENTS_PER_REQUEST {
        let problem = Problem::refused("invalid_batch", "data", "expected 1 to 1000 events");
        return refused(400, &problem);
    }

    if body.test_event_code.is_some() && server.is_none() {
        // Without the code, Meta would count the test events as real ones.
        let message = "expected none from a page: only a server that shows a key sends test events";
        return refused(400, &Problem::refused("not_for_pages", "test_event_code", message));
    }

    let table = body.source.and_then(|source| config.table(source));
    let mut data = body.data;
    if let Some(source) = body.source {
        let events = data.iter_mut().filter_map(|element| element.value.as_mut());
        events.for_each(|event| orders::prepare(source, event));
    }
    let trust = if server.is_some() { Trust::Server } else { Trust::Page };
    let main_body = body
        .test_event_code
        .map(|code| json!({ "test_event_code": code }).to_string())
        .unwrap_or_default();
    let stored = Stored {
        trust,
        main_body,
        completes_orders: config.completes_orders(trust),
        budget: StorageBudget::of_request(received_bytes, connection),
    };
    let judged = judge(data, table, stored, read)?;
    let Judged { events, withdrawn, problems: found } = judged;
    let mut problems = body.problems;
    problems.extend(found);
    // It is not the sender's mistake if a table drops an event, or if the person denied consent.
    let status = if events.is_empty() && problems.iter().any(is_mistake) { 400 } else { 202 };
    let body = json!({ "events_received": events.len(), "problems": problems });
    Ok(Intake {
        answer: Answer::json(status, body).counting(&problems),
        dataset_id: (!events.is_empty() || !withdrawn.is_empty()).then(|| dataset_id.to_owned()),
        trust,
        events,
        withdrawn,
        people: Vec::new(),
        parcel: None,
    })
}

/// The values that apply to all events of a request when they are stored.
pub(super) struct Stored {
    pub trust: Trust,
    /// The members that stand beside `data` in the request to Meta: a JSON object, or empty.
    pub main_body: String,
    /// True if an event may know only its order: see [`Config::completes_orders`].
    pub completes_orders: bool,
    pub budget: StorageBudget,
}

/// The events of a request after they were read.
pub(super) struct Judged {
    pub events: Vec<Accepted>,
    /// The events whose person said no, if they mention an order.
    pub withdrawn: Vec<Accepted>,
    pub problems: Vec<Problem>,
}

/// Reads the events of a request one by one. `table` translates events that have another tool's
/// shape.
pub(super) fn judge(
    data: Vec<Element>,
    table: Option<&Table>,
    mut stored: Stored,
    mut read: impl FnMut(Value, &str) -> Result<Read, NoEntropy>,
) -> Result<Judged, NoEntropy> {
    let (mut events, mut withdrawn, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    let mut moments = Moments::default();
    for (index, element) in data.into_iter().enumerate() {
        let path = format!("data[{index}]");
        let Some(mut value) = element.value else {
            problems.extend(element.problems);
            continue;
        };
        if let Some(table) = table {
            table.keep_limits(&mut value, &path, &element.problems);
        }
        let denied = consent::denied(&value, &path);
        let vocabulary = table.and_then(|table| table.vocabulary(&value)).map(str::to_owned);
        let (read, origins) = match table {
            None => (read(value, &path)?, Origins::default()),
            Some(table) => through(table, &value, &path, |value| read(value, &path))?,
        };
        if let Some(denied) = denied {
            problems.push(denied);
            withdrawn.extend(read.event.and_then(|event| withdrawal(&event, stored.trust, &path)));
            continue;
        }
        let mut own = together(element.problems, read.problems);
        if let Some(event) = read.event {
            let mut found = event.problems(&path);
            if table.is_some() {
                found = found.into_iter().map(|problem| origins.located(problem, &path)).collect();
            }
            let is_second = vocabulary.is_some_and(|vocabulary| {
                let ServerEvent { event_name, custom_data, event_time, .. } = &event;
                moments.is_second(&vocabulary, event_name, custom_data, *event_time)
            });
            if is_second {
                let message = "expected one vocabulary: an earlier event of the body has the same name and products in another one, so this one was left out";
                own.push(Problem::refused(SAME_MOMENT, path, message));
            } else {
                events.extend(accept(&event, &path, &mut own, found, &mut stored));
            }
        }
        problems.extend(own);
    }
    stored.budget.orders(&mut events);
    Ok(Judged { events, withdrawn, problems })
}

/// Returns an event whose person said no, if it mentions an order.
fn withdrawal(event: &ServerEvent, trust: Trust, path: &str) -> Option<Accepted> {
    let (event, order) = order::taken(event, trust);
    let order = Some(order?);
    Accepted::new(&event, trust, path).ok().map(|accepted| Accepted { order, ..accepted })
}

/// Returns the problems of an event's JSON and of reading it. A field with both has the second,
/// which says what the field was read as.
pub(super) fn together(mut json: Vec<Problem>, read: Vec<Problem>) -> Vec<Problem> {
    json.retain(|one| !read.iter().any(|other| other.path == one.path));
    json.extend(read);
    json
}

/// Returns the event as the outbox stores it, or `None` if a rule refuses it. `found` holds the
/// problems that the rules found. They are added to `problems`, which holds those of parsing.
pub(super) fn accept(
    event: &ServerEvent,
    path: &str,
    problems: &mut Vec<Problem>,
    mut found: Vec<Problem>,
    stored: &mut Stored,
) -> Option<Accepted> {
    let (event, order) = order::taken(event, stored.trust);
    if stored.completes_orders && order.is_some() {
        found.iter_mut().for_each(known_by_order);
    }
    // A required field that parsing left out is one mistake. Keep only the rule's problem.
    let refused: Vec<&Problem> = found.iter().filter(|problem| !problem.event_kept).collect();
    problems.retain(|one| !refused.iter().any(|refused| refused.path == one.path));
    let is_kept = refused.is_empty();
    problems.extend(found);
    if !is_kept {
        return None;
    }
    let accepted = Accepted::new(&event, stored.trust, path).and_then(|accepted| {
        stored.budget.event(&accepted, &stored.main_body, path)?;
        Ok(Accepted { main_body: stored.main_body.clone(), order, ..accepted })
    });
    accepted.map_err(|problem| problems.push(problem)).ok()
}

/// Turns the refusal of an event without customer information into a note, because its order is
/// known. The order memory completes the event, or puts it into quarantine.
fn known_by_order(problem: &mut Problem) {
    if problem.code == CUSTOMER_INFORMATION_TOO_BROAD {
        let message = "expected something to find a person by: the event has only its order. It is sent if the order's visitor is remembered, else it is in quarantine";
        *problem = Problem::left_out("known_by_order", problem.path.as_str(), message);
    }
}

/// Returns true if the sender should correct something: an event was refused, and not because the
/// person denied consent or because it is no sale.
pub(super) fn is_mistake(problem: &Problem) -> bool {
    !problem.event_kept
        && problem.code != consent::CONSENT_DENIED
        && !mapping::is_code_of_reason(problem.code)
}

impl Intake {
    /// Returns an intake without events. Its answer has the problem.
    #[must_use]
    pub fn refused(status: u16, problem: &Problem) -> Self {
        Self::nothing(Answer::refusal(status, problem))
    }

    /// Returns an intake without events.
    pub(super) fn nothing(answer: Answer) -> Self {
        Self {
            answer,
            dataset_id: None,
            trust: Trust::Page,
            events: Vec::new(),
            withdrawn: Vec::new(),
            people: Vec::new(),
            parcel: None,
        }
    }
}

impl Accepted {
    pub(super) fn new(event: &ServerEvent, trust: Trust, path: &str) -> Result<Self, Problem> {
        let json = serde_json::to_string(event)
            .map_err(|_| Problem::refused("unwritable_event", path, "expected JSON"))?;
        if json.len() > MAX_EVENT_BYTES {
            let message = "expected at most 65536 bytes; Meta needs no more of one event";
            return Err(Problem::refused("event_too_large", path, message));
        }
        Ok(Self {
            key: format!("{}\n{}", event.event_name, event.event_id.as_str()),
            trust,
            send_before: event.send_before(),
            event: json,
            known_as: Vec::new(),
            main_body: String::new(),
            order: None,
        })
    }
}
