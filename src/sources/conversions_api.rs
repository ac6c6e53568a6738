//! The Conversions API's own shape, as far as pages and servers share it.

use serde_json::{Map, Value};

use super::fields::{Fields, number};
use super::mapping::Source;
use crate::event::{
    ActionSource, CustomerInformation, DataProcessing, EventTime, Problem, ServerEvent, event_time,
};
use crate::identifiers::EventId;

/// What stands beside the events is shared by those that travel together, so it is not for texts of any length.
pub(super) const MOST_CHARACTERS: usize = 256;
/// How deep an event may be nested: `contents` takes three levels, and nothing documented more.
const DEEPEST: usize = 10;

/// The body of a request: which dataset, and events that are read one by one, so that a bad one does
/// not spoil the others.
#[derive(Debug)]
pub struct Body {
    /// Which dataset the events are for; the first that is allowed when there is none.
    pub dataset_id: Option<String>,
    /// Whose shape the events have, where it is not Meta's.
    pub source: Option<Source>,
    /// Shows the events under "Test events" and keeps them from counting (Meta, "Main Body Parameters").
    pub test_event_code: Option<String>,
    /// The events.
    pub data: Vec<Value>,
}

impl Body {
    /// Reads `{ "data": […] }`, perhaps with `dataset_id`, `source` and `test_event_code`.
    ///
    /// # Errors
    /// A problem that names the place where the JSON is not what it should be.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let refused = |path: &str, message: &str| Problem::refused("invalid_body", path, message);
        let mut body = match serde_json::from_slice(bytes) {
            Ok(Value::Object(body)) => body,
            Ok(_) => return Err(refused("", "expected an object: {\"data\": […]}")),
            Err(error) => return Err(refused("", &not_json(&error))),
        };
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
        match body.remove("data") {
            Some(Value::Array(data)) => Ok(Self { dataset_id, source, test_event_code, data }),
            _ => Err(refused("data", "expected a list of events")),
        }
    }
}

/// What is wrong with the JSON, and where. Not in serde's words: they may hold what was read.
pub(super) fn not_json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Eof => "expected JSON; it ends too early".to_owned(),
        _ => format!(
            "expected JSON; it is none, or nested too deeply, at line {line} column {column}"
        ),
    }
}

/// What became of one element of `data`.
pub struct Read {
    /// The event; `None` when it cannot be kept, and then the problems say why.
    pub event: Option<ServerEvent>,
    /// What was wrong with it.
    pub problems: Vec<Problem>,
}

/// There was no entropy for an event that came without an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoEntropy;

/// What a reader of events needs to know beside the event.
pub struct Reading<'a> {
    /// Now, Unix milliseconds.
    pub now_millis: u64,
    /// Makes an event id where none came.
    pub entropy: &'a mut dyn FnMut() -> Option<[u8; 16]>,
}

impl Read {
    /// An event of which nothing is kept.
    pub(super) fn refused(problem: Problem) -> Self {
        Self { event: None, problems: vec![problem] }
    }
}

/// The fields of one element of `data`, such as `data[3]`.
pub(super) fn fields(value: Value, path: &str) -> Result<Fields, Problem> {
    if is_deeper_than(&value, DEEPEST) {
        let message = "expected at most ten levels of lists and objects in one another";
        return Err(Problem::refused("nested_too_deeply", path, message));
    }
    Fields::of(value, path)
}

/// Reads what pages and servers may say alike, and ends the reading.
pub(super) fn event(
    mut fields: Fields,
    action_source: Option<ActionSource>,
    user_data: CustomerInformation,
    reading: &mut Reading<'_>,
    more: impl FnOnce(&mut Fields, &mut ServerEvent),
) -> Result<Read, NoEntropy> {
    let event_name = fields.text("event_name");
    if event_name.is_none() && !fields.has_problem("event_name") {
        fields.refuse(
            "missing_event_name",
            "event_name",
            "expected event_name, such as \"Purchase\"",
        );
    }
    let mut custom_data = fields.object("custom_data");
    tidy(&mut custom_data);

    let given = fields.integer("event_time");
    let source = action_source.unwrap_or(ActionSource::Website);
    let time = match event_time(given, source, reading.now_millis) {
        EventTime::At(time) => Some(time),
        EventTime::TooOld => {
            let message = match source {
                ActionSource::PhysicalStore => {
                    "expected a time of the last 62 days, in Unix seconds: Meta refuses older events"
                }
                _ => {
                    "expected a time of the last 7 days, in Unix seconds: Meta refuses older events"
                }
            };
            let path = fields.at("event_time");
            fields.add(Problem::refused("event_too_old", path, message).with_subcode(2_804_003));
            None
        }
    };
    let id = event_id(&mut fields, event_name.as_deref(), &custom_data, reading)?;
    let data_processing = data_processing(&mut fields);
    let event_source_url = fields.text("event_source_url");
    let referrer_url = fields.filled("referrer_url");
    let opt_out = fields.boolean("opt_out");

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
        custom_data,
        ..ServerEvent::new(event_name, event_time, event_id, action_source, user_data)
    };
    more(&mut fields, &mut event);
    let problems = fields.problems();
    let kept = problems.iter().all(|problem| problem.event_kept);
    Ok(Read { event: kept.then_some(event), problems })
}

/// The id that came; else that of the order, so that it is the same when the event comes again; else
/// a random one.
fn event_id(
    fields: &mut Fields,
    event_name: Option<&str>,
    custom_data: &Map<String, Value>,
    reading: &mut Reading<'_>,
) -> Result<Option<EventId>, NoEntropy> {
    if let Some(given) = fields.text("event_id") {
        return Ok(match EventId::given(&given) {
            Ok(id) => Some(id),
            Err(reason) => {
                fields.refuse("invalid_event_id", "event_id", &reason.to_string());
                None
            }
        });
    }
    let order = match custom_data.get("order_id") {
        Some(Value::String(id)) if !id.is_empty() => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    match (event_name, order) {
        (Some(name), Some(order)) => Ok(Some(EventId::derived(name, &order))),
        _ => (reading.entropy)().map(EventId::random).map(Some).ok_or(NoEntropy),
    }
}

fn data_processing(fields: &mut Fields) -> Option<DataProcessing> {
    let options = fields.texts("data_processing_options");
    let mut code = |key| match fields.integer(key).map(u16::try_from) {
        None => 0,
        Some(Ok(code)) => code,
        Some(Err(_)) => {
            fields.refuse("invalid_data_processing", key, "expected one of Meta's codes, or 0");
            0
        }
    };
    let country = code("data_processing_options_country");
    let state = code("data_processing_options_state");
    options.map(|options| DataProcessing { options, country, state })
}

/// What the pixel takes and Meta's server events want otherwise: a price as text becomes a number, a
/// currency is written in capitals.
pub(super) fn tidy(custom_data: &mut Map<String, Value>) {
    custom_data.retain(|_, value| !value.is_null());
    let text = custom_data.get("value").filter(|value| value.is_string());
    if let Some(number) = text.and_then(number) {
        custom_data.insert("value".to_owned(), number);
    }
    if let Some(Value::String(currency)) = custom_data.get_mut("currency") {
        *currency = currency.trim().to_ascii_uppercase();
    }
}

fn is_deeper_than(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(values) => {
            levels == 0 || values.iter().any(|one| is_deeper_than(one, levels - 1))
        }
        Value::Object(fields) => {
            levels == 0 || fields.values().any(|one| is_deeper_than(one, levels - 1))
        }
        _ => false,
    }
}
