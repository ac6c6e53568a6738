//! Segment's Tracking API: who calls, what of a call is kept, and the answer in Segment's own shape.

mod caller;
mod calls;
mod secrets;

use serde_json::json;

use self::calls::{Calls, Item, calls};
use super::answer::{Answer, Refusal};
use super::connection::Connection;
use super::intake::{Accepted, Intake, Person, Stored, accept, is_mistake};
use super::sender::AllowedOrigin;
use super::storage_budget::StorageBudget;
use crate::event::{ActionSource, Problem};
use crate::relay::config::{Config, EventIdOf, GlobalPrivacyControl, TraitsOfPages};
use crate::sources::json::{Broken, Document};
use crate::sources::mapping::Source;
use crate::sources::segment::{self, Settings, Trust};
use crate::sources::{NoEntropy, Reading};

pub(super) use caller::Caller;
pub use calls::SegmentCall;
pub use secrets::SegmentSecrets;

/// The headers that analytics.js sends beside those that need no permission.
pub(super) const HEADERS_OF_PAGES: &str = "authorization, content-type, x-retry-count";

/// Takes the body of a caller who is known.
///
/// # Errors
/// When there was no entropy for an event that came without an id: nothing is to be stored then.
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
    let stored = Stored { trust: caller.trust, main_body: String::new(), budget };
    let taken = each(config, connection, caller, calls, stored, &mut reading)?;
    Ok(taken.intake(config, connection, caller))
}

/// The webhook may send a batch, of which Segment signs the first call only.
pub(super) fn is_a_list() -> Problem {
    let expected = "expected one call, not a list: turn batching off in the webhook's settings, since Segment signs only the first call of a batch";
    Problem::refused("invalid_request", "", expected)
}

/// A body that is no JSON object.
pub(super) fn not_an_object() -> Problem {
    Problem::refused("invalid_request", "", "expected JSON: an object")
}

/// What is kept of a request.
#[derive(Default)]
struct Taken {
    events: Vec<Accepted>,
    people: Vec<Person>,
    problems: Vec<Problem>,
    /// Calls that were fine, whether something of them is kept or not.
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
    let settings = Settings {
        table,
        trust: caller.trust,
        id_of_order: config.segment.event_id == EventIdOf::OrderId,
        action_source: config.segment.action_source.as_deref().and_then(ActionSource::from_name),
        believes_pages_traits: config.segment.traits_of_pages == TraitsOfPages::Everywhere,
    };
    for Item { path, call: item, mut problems } in items {
        let (call, mut message) = match item {
            Ok(call) => call,
            Err(problem) => {
                problems.extend(problem);
                taken.problems.extend(problems);
                continue;
            }
        };
        segment::inherit(&mut message, &shared);
        let read = segment::call(message, call, &path, &settings, reading)?;
        problems.extend(read.problems);
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
    Ok(taken)
}

impl Taken {
    /// 200 as soon as one call was fine, as Segment answers; 400 when none was, which makes Segment's
    /// libraries tell their user.
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
        Intake { answer, dataset_id, trust: caller.trust, events, people, parcel: None }
    }
}

/// A refusal in Segment's shape. A page of an allowed origin may read it.
fn refusal(config: &Config, connection: &Connection, status: u16, problems: &[Problem]) -> Answer {
    shaped(status, problems).readable_for(config, connection)
}

/// A refusal of the whole request, also one of the worker itself.
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
    /// Lets the page read it that sent the request, where its origin is allowed.
    pub(super) fn readable_for(self, config: &Config, connection: &Connection) -> Self {
        match AllowedOrigin::of(config, connection) {
            Ok(origin) => self.readable_by(&origin),
            Err(_) => self,
        }
    }
}
