//! Reads a sale through its table, like an event of a server.

use serde_json::{Map, Value};

use super::Sale;
use crate::customer::sha256_hex;
use crate::event::{ActionSource, MOST_NAMED, OrderMention, Problem, ServerEvent};
use crate::identifiers::EventId;
use crate::sources::decimal::number;
use crate::sources::fields::id_text;
use crate::sources::mapping::{Applied, Mapped, Origins, Table};
use crate::sources::{NoEntropy, Read, Reading, server};

/// The maximum length of a browser id or a click id in an order, in characters. Meta's click ids
/// have at most 500.
const MAX_IDENTIFIER_CHARACTERS: usize = 600;

/// The result of reading a sale.
#[derive(Default)]
pub struct Taken {
    /// The event. It is `None` if it is refused; the problems say why.
    pub event: Option<ServerEvent>,
    /// The order.
    pub order: OrderMention,
    /// The problems.
    pub problems: Vec<Problem>,
    /// The origins of the event's fields.
    pub origins: Origins,
}

/// Reads a sale. `body` is the body as it was sent.
///
/// The event id is the one in the order, else that of event name and order id, else that of the
/// bytes of the body. So an order that is sent again has the same id.
///
/// # Errors
/// [`NoEntropy`], as every reader of events. It does not occur, because the event has an id.
pub fn event(
    table: &Table,
    sale: Sale,
    body: &[u8],
    reading: &mut Reading<'_>,
) -> Result<Taken, NoEntropy> {
    let Sale { body: source, mut order, .. } = sale;
    let refused = |problem| Ok(Taken { problems: vec![problem], ..Taken::default() });
    let mut mapped = match table.apply("track", &source, "") {
        Applied::Mapped(mapped) => mapped,
        Applied::LeftOut => {
            let message = "expected an event that the table has a row for: it was left out";
            return refused(Problem::refused("not_in_table", "", message));
        }
        Applied::Nameless => {
            let at = table.name.first().unwrap_or_default();
            return refused(Problem::refused(
                "missing_event_name",
                at,
                "expected the event's name",
            ));
        }
    };
    mapped.settle_time("");
    check_visitors_word(&mut mapped);
    let Mapped { mut event, mut problems, origins } = mapped;
    problems.truncate(MOST_NAMED);
    if let Some(problem) = negative(&event) {
        problems.push(origins.located(problem, ""));
    }
    if problems.iter().any(|problem| !problem.event_kept) {
        return Ok(Taken { problems, ..Taken::default() });
    }
    event.entry("action_source").or_insert_with(|| ActionSource::SystemGenerated.name().into());
    let data = event.get("custom_data");
    let order_id = data.and_then(|data| data.get("order_id")).and_then(id_text);
    if order.names.is_empty() {
        order.names = super::names([order_id.clone()]);
    }
    if !event.contains_key("event_id") {
        let name = event.get("event_name").and_then(Value::as_str).unwrap_or_default();
        let id = order_id.unwrap_or_else(|| sha256_hex(body));
        let id = String::from(EventId::derived(name, &id));
        event.insert("event_id".to_owned(), id.into());
        order.is_id_derived = true;
    }
    let Read { event, problems: found } = server::event(Value::Object(event), "", reading)?;
    problems.extend(found.into_iter().map(|problem| origins.located(problem, "")));
    Ok(Taken { event, order, problems, origins })
}

/// Leaves out identifiers that cannot be right. A visitor can write them into a cart, so a bad one
/// costs itself and not the order.
fn check_visitors_word(mapped: &mut Mapped) {
    let mut leave_out = |field: &str, code, message: &str| {
        let problem = Problem::left_out(code, field, message);
        mapped.problems.push(mapped.origins.located(problem, ""));
    };
    let given = mapped.event.get("event_id");
    if given.is_some_and(|id| id_text(id).is_none_or(|id| EventId::given(&id).is_err())) {
        mapped.event.remove("event_id");
        let message = "expected an event id of 1 to 256 characters: the order's id takes its place";
        leave_out("event_id", "invalid_event_id", message);
    }
    let Some(Value::Object(user_data)) = mapped.event.get_mut("user_data") else { return };
    for (key, code) in [("fbp", "invalid_fbp"), ("fbc", "invalid_fbc")] {
        let given = user_data.get(key).and_then(Value::as_str);
        if given.is_some_and(|given| given.chars().count() > MAX_IDENTIFIER_CHARACTERS) {
            user_data.remove(key);
            let message = "expected at most 600 characters: it was left out";
            leave_out(&format!("user_data.{key}"), code, message);
        }
    }
}

/// Returns the problem of a value below zero. Meta documents no negative event.
fn negative(event: &Map<String, Value>) -> Option<Problem> {
    let value = number(event.get("custom_data")?.get("value")?)?;
    let message = "expected a value of at least 0: Meta has no event for a refund";
    (value.as_f64()? < 0.0)
        .then(|| Problem::refused("negative_value", "custom_data.value", message))
}
