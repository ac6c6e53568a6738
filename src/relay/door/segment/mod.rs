//! Implements Segment's Tracking API: authenticates the caller, turns calls into events, and
//! answers in Segment's own shape.

mod caller;
mod calls;
mod secrets;

use serde_json::{Value, json};

use self::calls::{Calls, Item, calls};
use super::answer::{Answer, Refusal};
use super::connection::Connection;
use super::intake::{Accepted, Intake, Person, Stored, accept, is_mistake, together};
use super::sender::AllowedOrigin;
use super::storage_budget::StorageBudget;
use crate::event::{ActionSource, Problem};
use crate::relay::config::{Config, EventIdOf, GlobalPrivacyControl, TraitsOfPages};
use crate::sources::json::{Broken, Document};
use crate::sources::mapping::Source;
use crate::sources::segment::{self, Settings, Shared, Trust};
use crate::sources::{NoEntropy, Reading};

pub(super) use caller::Caller;
pub use calls::SegmentCall;
pub use secrets::SegmentSecrets;

/// The headers of analytics.js that a CORS preflight has to allow.
pub(super) const HEADERS_OF_PAGES: &str = "authorization, content-type, x-retry-count";

/// Reads the calls of an authenticated caller, and returns the events to store with the answer.
///
/// # Errors
/// Returns [`NoEntropy`] if there was no entropy for the id of an event that came without one.
/// Nothing may be stored then.
pub(super) fn take(
    config: &Config,
    connection: &Connection,
    caller: &Caller,
    call: &SegmentCall,
    body: &[u8],
    mut reading: Reading<'_>,
) -> Result<Intake, NoEntropy> {
    let refused = |status: u16, problem: Problem| {
        Ok(Intake::nothing(refusal(config, connection, status, &[problem])))
    };
    let list = if *call == SegmentCall::Batch { "batch" } else { "" };
    let mut document = match Document::read(body, list) {
        Ok(document) => document,
        Err(Broken::NoObject)
            if matches!(call, SegmentCall::Webhook(_)) && body.trim_ascii().starts_with(b"[") =>
        {
            return refused(400, is_a_list());
        }
        _ => return refused(400, not_an_object()),
    };
    document.fields.remove("writeKey");
    if caller.trust == Trust::Page
        && connection.privacy_control
        && config.global_privacy_control == GlobalPrivacyControl::Refuse
    {
        let message =
            "the visitor's browser asks for privacy (Global Privacy Control): nothing was kept";
        return refused(403, Problem::refused("global_privacy_control", "Sec-GPC", message));
    }
    let calls = match calls(call, document) {
        Ok(calls) => calls,
        Err(problem) => return refused(400, problem),
    };
    let budget =
        StorageBudget::of_request(connection.header_bytes.saturating_add(body.len()), connection);
    let stored = Stored {
        trust: caller.trust,
        main_body: String::new(),
        completes_orders: config.completes_orders(caller.trust),
        budget,
    };
    let taken = each(config, connection, caller, calls, stored, &mut reading)?;
    Ok(taken.intake(config, connection, caller))
}

/// Returns the problem of a batch from the webhook. Segment signs only the first call of a batch,
/// so the signature does not prove the others.
pub(super) fn is_a_list() -> Problem {
    let expected = "expected one call, not a list: turn batching off in the webhook's settings, since Segment signs only the first call of a batch";
    Problem::refused("invalid_request", "", expected)
}

/// Returns the problem of a body that is not a JSON object.
pub(super) fn not_an_object() -> Problem {
    Problem::refused("invalid_request", "", "expected JSON: an object")
}

/// The events, the customer information and the problems of a request's calls.
#[derive(Default)]
struct Taken {
    events: Vec<Accepted>,
    people: Vec<Person>,
    problems: Vec<Problem>,
    /// The number of calls without a mistake, even if nothing of them is stored.
    fine: usize,
}

fn each(
    config: &Config,
    connection: &Connection,
    caller: &Caller,
    Calls { items, shared, problems }: Calls,
    mut stored: Stored,
    reading: &mut Reading<'_>,
) -> Result<Taken, NoEntropy> {
    let mut taken = Taken { problems, ..Taken::default() };
    let Some(table) = config.table(Source::Segment) else { return Ok(taken) };
    let mut shared = Value::Object(shared);
    table.keep_limits(&mut shared, "", &taken.problems);
    let Value::Object(shared) = shared else { return Ok(taken) };
    let (shared, left_out) = Shared::of(&shared, table);
    taken.problems.extend(left_out);
    let settings = Settings {
        table,
        shared,
        trust: caller.trust,
        id_of_order: config.segment.event_id == EventIdOf::OrderId,
        action_source: config.segment.action_source.as_deref().and_then(ActionSource::from_name),
        believes_pages_traits: config.segment.traits_of_pages == TraitsOfPages::Everywhere,
    };
    for Item { path, call: item, problems } in items {
        let (call, mut message) = match item {
            Ok(call) => call,
            Err(problem) => {
                taken.problems.extend(problems);
                taken.problems.extend(problem);
                continue;
            }
        };
        table.keep_limits(&mut message, &path, &problems);
        let read = segment::call(message, call, &path, &settings, reading)?;
        let mut problems = together(problems, read.problems);
        if let Some(mut event) = read.event {
            match caller.trust {
                Trust::Page => connection.enrich_page(config, &mut event),
                Trust::Server => connection.enrich_server(&mut event),
            }
            let found = event.problems(&path).into_iter();
            let found = found.map(|problem| read.origins.located(problem, &path)).collect();
            let accepted = accept(&event, &path, &mut problems, found, &mut stored);
            taken.events.extend(accepted.map(|one| Accepted { known_as: read.known_as, ..one }));
        }
        if let Some(segment::Person { keys, same_as, user_data }) = read.person
            && config.segment.traits_days > 0
        {
            let person = Person { keys, same_as, user_data };
            match stored.budget.person(&person, &path) {
                Ok(()) => taken.people.push(person),
                Err(problem) => problems.push(problem),
            }
        }
        taken.fine += usize::from(!problems.iter().any(is_mistake));
        taken.problems.extend(problems);
    }
    stored.budget.orders(&mut taken.events);
    Ok(taken)
}

impl Taken {
    /// Returns the intake. The status is 200 if one call was fine, as Segment answers. It is 400 if
    /// there are problems and no call was fine. Segment's libraries then tell their user.
    fn intake(self, config: &Config, connection: &Connection, caller: &Caller) -> Intake {
        let Self { events, people, problems, fine } = self;
        let mut answer = if fine == 0 && !problems.is_empty() {
            refusal(config, connection, 400, &problems)
        } else if problems.is_empty() {
            Answer::json(200, json!({ "success": true }))
        } else {
            Answer::json(200, json!({ "success": true, "problems": problems })).counting(&problems)
        };
        if answer.status == 200
            && let Some(origin) = &caller.origin
        {
            answer = answer.readable_by(origin);
        }
        let dataset = config.dataset(caller.dataset.as_deref());
        let something = !events.is_empty() || !people.is_empty();
        let dataset_id = dataset.filter(|_| something).map(str::to_owned);
        let withdrawn = Vec::new();
        Intake { answer, dataset_id, trust: caller.trust, events, withdrawn, people, parcel: None }
    }
}

/// Returns a refusal in Segment's shape. A page of an allowed origin may read it.
fn refusal(config: &Config, connection: &Connection, status: u16, problems: &[Problem]) -> Answer {
    shaped(status, problems).readable_for(config, connection)
}

/// Returns the answer for a refusal of the whole request, also if the worker itself failed.
pub(super) fn of_request(refusal: &Refusal) -> Answer {
    shaped(refusal.status, std::slice::from_ref(&refusal.problem)).with_facts_of(refusal)
}

fn shaped(status: u16, problems: &[Problem]) -> Answer {
    let first = problems.iter().find(|problem| !problem.event_kept).or_else(|| problems.first());
    let message = first.map_or_else(String::new, |problem| match problem.path.as_str() {
        "" => problem.message.clone(),
        path => format!("{path}: {}", problem.message),
    });
    let code = first.map_or("invalid_request", |problem| problem.code);
    let body = json!({ "success": false, "code": code, "message": message, "problems": problems });
    Answer::json(status, body).counting(problems)
}

impl Answer {
    /// Adds the CORS headers if the request's origin is allowed, so that its page can read the
    /// answer.
    pub(super) fn readable_for(self, config: &Config, connection: &Connection) -> Self {
        match AllowedOrigin::of(config, connection) {
            Ok(origin) => self.readable_by(&origin),
            Err(_) => self,
        }
    }
}
