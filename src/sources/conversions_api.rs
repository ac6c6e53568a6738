//! Reads the Conversions API's own shape, as far as pages and servers share it.

use serde_json::{Map, Value};

use super::custom_data;
use super::fields::Fields;
use super::json::{Broken, Document, Element};
use super::limits;
use super::mapping::Source;
use crate::event::{
    ActionSource, CustomerInformation, EventTime, Problem, ServerEvent, event_time,
    is_known_segment, is_web_address,
};
use crate::identifiers::EventId;

/// The maximum length of a text beside the events, in characters. The events of one request share
/// these texts.
pub(super) const MOST_CHARACTERS: usize = 256;

/// The body of a request: the dataset and the events. Each event is read separately, so that a bad
/// one does not affect the others.
#[derive(Debug)]
pub struct Body {
    /// The dataset of the events. If there is none, the first allowed dataset is used.
    pub dataset_id: Option<String>,
    /// The tool whose shape the events have, if it is not Meta's.
    pub source: Option<Source>,
    /// The test event code. Meta shows the events under "Test events" and does not count them
    /// (Meta, "Main Body Parameters").
    pub test_event_code: Option<String>,
    /// The events.
    pub data: Vec<Element>,
    /// The problems of fields beside the events that were left out.
    pub problems: Vec<Problem>,
}

impl Body {
    /// Reads `{ "data": […] }`, optionally with `dataset_id`, `source` and `test_event_code`.
    ///
    /// # Errors
    /// A problem with the path of the field that is wrong.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let refused = |path: &str, message: &str| Problem::refused("invalid_body", path, message);
        let mut document = Document::read(bytes, "data").map_err(|broken| match broken {
            Broken::NoObject => refused("", "expected an object: {\"data\": […]}"),
            Broken::NoJson(message) => refused("", &message),
        })?;
        // Without these fields the events could go to another dataset, or count as real ones.
        let problems = document
            .undecided(&["data", "dataset_id", "source", "test_event_code"])
            .map_err(|problem| refused(&problem.path, &problem.message))?;
        let Document { fields: mut body, list, .. } = document;
        let dataset_id = match body.remove("dataset_id") {
            None | Some(Value::Null) => None,
            Some(Value::String(id)) => Some(id),
            Some(Value::Number(id)) => Some(id.to_string()),
            Some(_) => {
                return Err(refused("dataset_id", "expected a dataset id, digits in quotes"));
            }
        };
        let source = match body.remove("source") {
            None | Some(Value::Null) => None,
            Some(named) => {
                let known = Source::OF_EVENTS.into_iter();
                match known.into_iter().find(|source| named == source.name()) {
                    Some(source) => Some(source),
                    None => {
                        let names = Source::OF_EVENTS.map(Source::name).join("\", \"");
                        return Err(refused("source", &format!("expected \"{names}\", or none")));
                    }
                }
            }
        };
        let test_event_code = match body.remove("test_event_code") {
            None | Some(Value::Null) => None,
            Some(Value::String(code)) if code.chars().count() <= MOST_CHARACTERS => {
                Some(code).filter(|code| !code.is_empty())
            }
            Some(_) => {
                let message = "expected text of at most 256 characters, such as \"TEST12345\"";
                return Err(refused("test_event_code", message));
            }
        };
        match list {
            Some(data) => Ok(Self { dataset_id, source, test_event_code, data, problems }),
            None => Err(refused("data", "expected a list of events")),
        }
    }
}

/// The result of reading one element of `data`.
pub struct Read {
    /// The event. It is `None` if the event is left out or refused; the problems say why it is
    /// refused.
    pub event: Option<ServerEvent>,
    /// The problems of the event.
    pub problems: Vec<Problem>,
}

/// The error for an event without an id if there is no entropy to make one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoEntropy;

/// The context for reading events.
pub struct Reading<'a> {
    /// The current time, in Unix milliseconds.
    pub now_millis: u64,
    /// The source of entropy for the id of an event without one.
    pub entropy: &'a mut dyn FnMut() -> Option<[u8; 16]>,
}

impl Read {
    /// Returns the result for a refused event.
    pub(super) fn refused(problem: Problem) -> Self {
        Self { event: None, problems: vec![problem] }
    }
}

/// Reads the fields that both pages and servers may set, and returns the result.
pub(super) fn event(
    mut fields: Fields,
    action_source: Option<ActionSource>,
    user_data: CustomerInformation,
    reading: &mut Reading<'_>,
    more: impl FnOnce(&mut Fields, &mut ServerEvent),
) -> Result<Read, NoEntropy> {
    let event_name = fields.required_text("event_name");
    if event_name.is_none() && !fields.has_problem("event_name") {
        fields.refuse(
            "missing_event_name",
            "event_name",
            "expected event_name, such as \"Purchase\"",
        );
    }
    let is_purchase = event_name.as_deref() == Some("Purchase");
    let custom_data = custom_data::read(&mut fields, is_purchase);

    let given = fields.required_moment("event_time");
    let source = action_source.unwrap_or(ActionSource::Website);
    let time = match event_time(given, source, reading.now_millis) {
        EventTime::At(time) => Some(time),
        EventTime::TooOld => {
            let days = match source {
                ActionSource::PhysicalStore => 62,
                _ => 7,
            };
            let message = format!(
                "expected a time of the last {days} days, in Unix seconds, with two minutes left to send it: Meta refuses older events"
            );
            let path = fields.at("event_time");
            fields.add(Problem::refused("event_too_old", path, message).with_subcode(2_804_003));
            None
        }
    };
    let id = event_id(&mut fields, event_name.as_deref(), &custom_data, reading)?;
    let data_processing = limits::data_processing(&mut fields);
    let event_source_url = address(&mut fields, source);
    let referrer_url = fields.text("referrer_url");
    let opt_out = fields.limit("opt_out", true);
    let customer_segmentation = one_of(&mut fields, "customer_segmentation", is_known_segment);

    let (Some(event_name), Some(event_time), Some(event_id), Some(action_source)) =
        (event_name, time, id, action_source)
    else {
        return Ok(Read { event: None, problems: fields.problems() });
    };
    let mut event = ServerEvent {
        event_source_url,
        referrer_url,
        opt_out,
        data_processing,
        customer_segmentation,
        custom_data,
        ..ServerEvent::new(event_name, event_time, event_id, action_source, user_data)
    };
    more(&mut fields, &mut event);
    let problems = fields.problems();
    let kept = problems.iter().all(|problem| problem.event_kept);
    Ok(Read { event: kept.then_some(event), problems })
}

/// Reads the address of the page. For an event of a website, [`super::page`] or the rules check it
/// later. For every other event, an address that is not valid is left out.
fn address(fields: &mut Fields, source: ActionSource) -> Option<String> {
    let address = fields.text("event_source_url")?;
    let address = address.trim();
    if source != ActionSource::Website && !is_web_address(address) {
        let message = "expected an http or https address: it was left out";
        fields.leave_out("invalid_event_source_url", "event_source_url", message);
        return None;
    }
    Some(address.to_owned())
}

/// Reads one of Meta's words. Any other word is left out and named.
pub(super) fn one_of(
    fields: &mut Fields,
    key: &str,
    is_known: impl Fn(&str) -> bool,
) -> Option<String> {
    let word = fields.text(key)?.trim().to_ascii_lowercase();
    if is_known(&word) {
        return Some(word);
    }
    fields.leave_out("unknown_word", key, "expected one of Meta's words for it: it was left out");
    None
}

/// Returns the given event id. Without one, returns the id of the order, which is the same if the
/// event is sent again. Without an order, returns a random id.
fn event_id(
    fields: &mut Fields,
    event_name: Option<&str>,
    custom_data: &Map<String, Value>,
    reading: &mut Reading<'_>,
) -> Result<Option<EventId>, NoEntropy> {
    if let Some(given) = fields.id("event_id") {
        return Ok(match EventId::given(&given) {
            Ok(id) => Some(id),
            Err(reason) => {
                fields.refuse("invalid_event_id", "event_id", &reason.to_string());
                None
            }
        });
    }
    let order = custom_data.get("order_id").and_then(Value::as_str);
    match (event_name, order) {
        (Some(name), Some(order)) => Ok(Some(EventId::derived(name, order))),
        _ => (reading.entropy)().map(EventId::random).map(Some).ok_or(NoEntropy),
    }
}
