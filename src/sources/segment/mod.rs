//! Reads Segment's calls (Segment, "Spec"), as its libraries, its HTTP API and its webhook send
//! them.
//!
//! The table `mapping/segment.json` says which event a call becomes. `identify` and `alias` are not
//! events. They say who a person is, for later events.

mod app;
mod person;
mod shared;

use serde_json::Value;

use self::person::{Ids, identify};

use super::conversions_api::{NoEntropy, Reading};
use super::mapping::{Applied, Mapped, Origins, Table, no_sale};
use super::{page, server};
use crate::event::{ActionSource, Problem, ServerEvent, consent};

pub use crate::event::Trust;

pub use person::{Person, together, with_known};
pub use shared::Shared;

/// Segment's names of Meta's destinations. A call can turn one off for itself. A call that names
/// only the pixel and turns it off also turns off the server's copy, because the purpose is the
/// same.
const DESTINATIONS: [&str; 3] =
    ["Facebook Conversions API (Actions)", "Facebook Conversions API", "Facebook Pixel"];

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// A person did something.
    Track,
    /// A person saw a page.
    Page,
    /// A person saw a screen of an app.
    Screen,
    /// The call says who a person is.
    Identify,
    /// The call says which account a person belongs to.
    Group,
    /// The call says that two ids are one person.
    Alias,
}

impl Call {
    const ALL: [Self; 6] =
        [Self::Track, Self::Page, Self::Screen, Self::Identify, Self::Group, Self::Alias];

    /// Returns the call with Segment's name for it: the `type` of a message.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call| call.name() == name)
    }

    /// Returns Segment's name for it.
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

/// The context for reading calls.
pub struct Settings<'a> {
    /// The table.
    pub table: &'a Table,
    /// The fields that a batch has for all of its calls.
    pub shared: Shared,
    /// The trust in the sender.
    pub trust: Trust,
    /// True to derive the event id from the order, if there is one, and not from `messageId`.
    pub id_of_order: bool,
    /// The action source of a server's event that has neither an action source nor a page.
    pub action_source: Option<ActionSource>,
    /// True if a page's traits of a user are added to a server's events of that user.
    pub believes_pages_traits: bool,
}

/// The result of reading a call.
#[derive(Default)]
pub struct Read {
    /// The event. It is `None` if there is none or if it is refused; the problems say why it is
    /// refused.
    pub event: Option<ServerEvent>,
    /// The keys under which information about the person may be stored.
    pub known_as: Vec<String>,
    /// The information about a person in the call.
    pub person: Option<Person>,
    /// The problems of the call.
    pub problems: Vec<Problem>,
    /// The origins of the event's fields.
    pub origins: Origins,
}

/// Reads one call.
///
/// `path` is its position, such as `batch[3]`; empty for the body itself.
///
/// # Errors
/// [`NoEntropy`] if an event needs an id and there is no entropy for one.
pub fn call(
    mut message: Value,
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
    if let Some(denied) = consent::denied(&message, path).or_else(|| settings.shared.denied(path)) {
        return Ok(Read::refused(denied));
    }
    if settings.shared.is_turned_off(&message) {
        return Ok(Read::default());
    }
    settings.shared.add_to(&mut message);
    let mut read = match settings.table.apply(call.name(), &message, path) {
        Applied::Mapped(mapped) => event(mapped, &message, path, settings, reading)?,
        Applied::LeftOut => {
            let code = settings.table.left_out_as(call.name(), &message);
            let problems = code.map(|code| no_sale(code, path)).into_iter().collect();
            Read { problems, ..Read::default() }
        }
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

/// Returns the event time by this worker's clock. Segment's libraries send the time by their own
/// clock in `sentAt`. A call that Segment itself forwards is already corrected and has
/// `receivedAt`.
fn without_skew(message: &Value, now_millis: u64) -> Option<i64> {
    let moment = |key| message.get(key)?.as_str()?.trim().parse::<jiff::Timestamp>().ok();
    if moment("receivedAt").is_some() {
        return None;
    }
    let age = moment("sentAt")?.as_millisecond() - moment("timestamp")?.as_millisecond();
    Some(i64::try_from(now_millis).unwrap_or(i64::MAX).saturating_sub(age) / 1_000)
}

fn at(path: &str, field: &str) -> String {
    format!("{path}.{field}").trim_start_matches('.').to_owned()
}
