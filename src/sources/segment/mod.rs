//! Segment's calls (Segment, "Spec"), as its libraries, its HTTP API and its webhook send them.
//!
//! The table `mapping/segment.json` says what becomes of an event. `identify` and `alias` are no events:
//! they say who someone is, for the events that come later.

mod app;
mod person;

use serde_json::{Map, Value};

use self::person::{Ids, identify};

use super::conversions_api::{NoEntropy, Reading};
use super::mapping::{Applied, Mapped, Origins, Table};
use super::{page, server};
use crate::event::{ActionSource, Problem, ServerEvent, consent};

pub use crate::event::Trust;

pub use person::{Person, together, with_known};

/// The names by which Segment knows Meta's server destination; a call can turn it off for itself.
/// One that turns off the pixel alone means the server's copy too: it is the same purpose.
const DESTINATIONS: [&str; 3] =
    ["Facebook Conversions API (Actions)", "Facebook Conversions API", "Facebook Pixel"];

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Something was done.
    Track,
    /// A page was seen.
    Page,
    /// A screen of an app was seen.
    Screen,
    /// Who someone is.
    Identify,
    /// Which account someone belongs to.
    Group,
    /// Two ids are one person.
    Alias,
}

impl Call {
    const ALL: [Self; 6] =
        [Self::Track, Self::Page, Self::Screen, Self::Identify, Self::Group, Self::Alias];

    /// The call with Segment's name for it: the `type` of a message.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call| call.name() == name)
    }

    /// Segment's name for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Identify => "identify",
            Self::Group => "group",
            Self::Alias => "alias",
        }
    }
}

/// What a reader of calls needs to know beside the call.
pub struct Settings<'a> {
    /// The table.
    pub table: &'a Table,
    /// How much the sender is trusted.
    pub trust: Trust,
    /// Derive the event id from the order, where there is one, in place of `messageId`.
    pub id_of_order: bool,
    /// The action source of a server's event that says none and has no page.
    pub action_source: Option<ActionSource>,
    /// Whether what a page says of a user reaches a server's events of that user.
    pub believes_pages_traits: bool,
}

/// What became of a call.
#[derive(Default)]
pub struct Read {
    /// The event; `None` when there is none, or the problems say why it cannot be kept.
    pub event: Option<ServerEvent>,
    /// Under which keys something may be known of its person.
    pub known_as: Vec<String>,
    /// What it says of a person.
    pub person: Option<Person>,
    /// What was wrong.
    pub problems: Vec<Problem>,
    /// Where the event's fields came from.
    pub origins: Origins,
}

/// Reads one call.
///
/// `path` is where it stands, such as `batch[3]`; empty for the body itself.
///
/// # Errors
/// When an event needs an id and there is no entropy for one.
pub fn call(
    message: Value,
    call: Call,
    path: &str,
    settings: &Settings<'_>,
    reading: &mut Reading<'_>,
) -> Result<Read, NoEntropy> {
    if !message.is_object() {
        return Ok(Read::refused(Problem::refused("wrong_type", path, "expected an object")));
    }
    let ids = Ids::of(&message);
    if ids.user.is_none() && ids.anonymous.is_none() {
        let message = "expected userId or anonymousId, text";
        return Ok(Read::refused(Problem::refused("no_user_anon_id", at(path, "userId"), message)));
    }
    if let Some(denied) = consent::denied(&message, path) {
        return Ok(Read::refused(denied));
    }
    if is_turned_off(&message) {
        return Ok(Read::default());
    }
    let mut read = match settings.table.apply(call.name(), &message, path) {
        Applied::Mapped(mapped) => event(mapped, &message, path, settings, reading)?,
        Applied::LeftOut => Read::default(),
        Applied::Nameless => {
            let message = "expected the event's name, such as \"Order Completed\"";
            Read::refused(Problem::refused("missing_event", at(path, "event"), message))
        }
    };
    match call {
        Call::Identify => identify(&ids, &message, path, settings, reading.now_millis, &mut read),
        Call::Alias => read.person = ids.alias(&message, settings),
        _ => {}
    }
    read.known_as = ids.keys(settings);
    Ok(read)
}

impl Read {
    fn refused(problem: Problem) -> Self {
        Self { problems: vec![problem], ..Self::default() }
    }
}

fn event(
    mut mapped: Mapped,
    message: &Value,
    path: &str,
    settings: &Settings<'_>,
    reading: &mut Reading<'_>,
) -> Result<Read, NoEntropy> {
    mapped.settle_time(path);
    if mapped.problems.iter().any(|problem| !problem.event_kept) {
        return Ok(Read { problems: mapped.problems, ..Read::default() });
    }
    if let Some(seconds) = without_skew(message, reading.now_millis) {
        mapped.event.insert("event_time".to_owned(), seconds.into());
    }
    let has_order =
        mapped.event.get("custom_data").is_some_and(|data| data.get("order_id").is_some());
    if settings.id_of_order && has_order {
        mapped.event.remove("event_id");
    }
    let source = settings
        .action_source
        .or_else(|| mapped.event.contains_key("event_source_url").then_some(ActionSource::Website));
    if let Some(source) = source {
        mapped.event.entry("action_source").or_insert_with(|| source.name().into());
    }
    if settings.trust == Trust::Server {
        app::complete(&mut mapped, message);
    }
    let value = Value::Object(std::mem::take(&mut mapped.event));
    let read = match settings.trust {
        Trust::Page => page::event(value, path, reading)?,
        Trust::Server => server::event(value, path, reading)?,
    };
    let Mapped { mut problems, origins, .. } = mapped;
    problems.extend(read.problems.into_iter().map(|problem| origins.located(problem, path)));
    Ok(Read { event: read.event, problems, origins, ..Read::default() })
}

/// When it happened by this worker's clock: Segment's libraries say when they sent it by theirs. What
/// Segment itself passes on is corrected already, and says when it was received.
fn without_skew(message: &Value, now_millis: u64) -> Option<i64> {
    let moment = |key| message.get(key)?.as_str()?.trim().parse::<jiff::Timestamp>().ok();
    if moment("receivedAt").is_some() {
        return None;
    }
    let age = moment("sentAt")?.as_millisecond() - moment("timestamp")?.as_millisecond();
    Some(i64::try_from(now_millis).unwrap_or(i64::MAX).saturating_sub(age) / 1_000)
}

/// Whether a call is not meant for Meta: a consent manager says so in `integrations`.
fn is_turned_off(message: &Value) -> bool {
    let Some(integrations) = message.get("integrations") else { return false };
    let named = DESTINATIONS.iter().find_map(|name| integrations.get(name));
    match (named, integrations.get("All")) {
        (Some(named), _) => named == &Value::Bool(false),
        (None, all) => all == Some(&Value::Bool(false)),
    }
}

fn at(path: &str, field: &str) -> String {
    format!("{path}.{field}").trim_start_matches('.').to_owned()
}

/// Adds to a message of a batch what the batch says for all: the message's own word counts.
pub fn inherit(message: &mut Value, batch: &Map<String, Value>) {
    let Value::Object(message) = message else { return };
    for key in ["context", "integrations"] {
        let Some(Value::Object(shared)) = batch.get(key) else { continue };
        let own = message.entry(key).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(own) = own {
            for (name, value) in shared {
                own.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    if let Some(sent) = batch.get("sentAt") {
        message.entry("sentAt").or_insert_with(|| sent.clone());
    }
}
