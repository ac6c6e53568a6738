//! Segment's Tracking API: whose call it is, what of it is kept, and the answer in Segment's own shape.

mod caller;
mod calls;
mod secrets;

use serde_json::json;

use self::caller::{Caller, caller};
use self::calls::{Calls, Item, calls};
use super::admission::{WRONG_KEY_COST, charge, within};
use super::answer::Answer;
use super::connection::Connection;
use super::intake::{Accepted, Intake, Person, Stored, accept, is_mistake};
use super::rate_limit::RateLimiter;
use super::sender::AllowedOrigin;
use super::storage_budget::StorageBudget;
use crate::event::{ActionSource, Problem};
use crate::relay::config::{Config, EventIdOf, GlobalPrivacyControl, TraitsOfPages};
use crate::sources::json::{Broken, Document};
use crate::sources::mapping::Source;
use crate::sources::segment::{self, Settings, Trust};
use crate::sources::{NoEntropy, Reading};

pub use calls::SegmentCall;
pub use secrets::SegmentSecrets;

/// Decides over a call before its body is read: the key may be in there.
///
/// # Errors
/// The answer to give instead.
pub fn admit_segment(
    config: &Config,
    connection: &Connection,
    limiter: &RateLimiter,
    now_millis: u64,
) -> Result<(), Answer> {
    within(config, connection, limiter, now_millis).map_err(|seconds| {
        let message = "too many requests of one address; come again after Retry-After";
        let problem = Problem::refused("too_many_requests", "", message);
        let mut shaped = refusal(config, connection, 429, &[problem]);
        shaped.headers.extend(Answer::too_many(seconds).headers);
        shaped
    })
}

/// Answers a browser that asks whether a page may post here: analytics.js shows its write key as a header.
#[must_use]
pub fn segment_preflight(config: &Config, connection: &Connection) -> Answer {
    let mut answer = super::admission::preflight(config, connection);
    for (name, value) in &mut answer.headers {
        if *name == "access-control-allow-headers" {
            "authorization, content-type, x-retry-count".clone_into(value);
        }
    }
    answer
}

/// Takes a call.
///
/// # Errors
/// When there was no entropy for an event that came without an id: nothing is to be stored then.
pub fn take_segment(
    config: &Config,
    connection: &Connection,
    secrets: &SegmentSecrets,
    limiter: &mut RateLimiter,
    call: &SegmentCall,
    body: &[u8],
    mut reading: Reading<'_>,
) -> Result<Intake, NoEntropy> {
    let mut refused = |status: u16, problem: Problem| {
        let cost = if status == 401 { WRONG_KEY_COST } else { 1 };
        charge(config, connection, limiter, cost, reading.now_millis);
        Ok(Intake::nothing(refusal(config, connection, status, &[problem])))
    };
    if body.len() > call.max_body_bytes() {
        let most = call.max_body_bytes() / 1024;
        let message = format!("expected at most {most} KB, as Segment does");
        return refused(400, Problem::refused("body_too_large", "", message));
    }
    let list = if *call == SegmentCall::Batch { "batch" } else { "" };
    let mut document = match Document::read(body, list) {
        Ok(document) => document,
        // The webhook may send a batch, of which Segment signs the first call only.
        Err(Broken::NoObject)
            if matches!(call, SegmentCall::Webhook(_)) && body.trim_ascii().starts_with(b"[") =>
        {
            let expected = "expected one call, not a list: turn batching off in the webhook's settings, since Segment signs only the first call of a batch";
            return refused(400, Problem::refused("invalid_request", "", expected));
        }
        Err(Broken::NoObject | Broken::NoJson(_)) => {
            let message = "expected JSON: an object";
            return refused(400, Problem::refused("invalid_request", "", message));
        }
    };
    let caller = match caller(config, connection, secrets, call, &mut document.fields, body) {
        Ok(caller) => caller,
        Err((status, problem)) => return refused(status, problem),
    };
    if caller.trust == Trust::Page {
        charge(config, connection, limiter, 1, reading.now_millis);
        if connection.privacy_control
            && config.global_privacy_control == GlobalPrivacyControl::Refuse
        {
            let message =
                "the visitor's browser asks for privacy (Global Privacy Control): nothing was kept";
            let problem = Problem::refused("global_privacy_control", "Sec-GPC", message);
            return Ok(Intake::nothing(refusal(config, connection, 403, &[problem])));
        }
    }
    let calls = match calls(call, document) {
        Ok(calls) => calls,
        Err(problem) => {
            return Ok(Intake::nothing(refusal(config, connection, 400, &[problem])));
        }
    };
    let budget =
        StorageBudget::of_request(connection.header_bytes.saturating_add(body.len()), connection);
    let stored = Stored { trust: caller.trust, main_body: String::new(), budget };
    let taken = each(config, connection, &caller, calls, stored, &mut reading)?;
    Ok(taken.intake(config, connection, &caller))
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
            Answer::json(200, json!({ "success": true, "problems": problems }))
        };
        if let Some(origin) = caller.origin.as_ref().filter(|_| fine > 0 || answer.status == 200) {
            answer = answer.readable_by(origin);
        }
        let dataset = config.dataset(caller.dataset.as_deref());
        let something = !events.is_empty() || !people.is_empty();
        let dataset_id = dataset.filter(|_| something).map(str::to_owned);
        Intake { answer, dataset_id, trust: caller.trust, events, people }
    }
}

/// A refusal in Segment's shape. A page of an allowed origin may read it.
fn refusal(config: &Config, connection: &Connection, status: u16, problems: &[Problem]) -> Answer {
    let first = problems.iter().find(|problem| !problem.event_kept).or_else(|| problems.first());
    let message = first.map_or_else(String::new, |problem| match problem.path.as_str() {
        "" => problem.message.clone(),
        path => format!("{path}: {}", problem.message),
    });
    let code = first.map_or("invalid_request", |problem| problem.code);
    let body = json!({ "success": false, "code": code, "message": message, "problems": problems });
    let answer = Answer::json(status, body);
    match AllowedOrigin::of(config, connection) {
        Ok(origin) => answer.readable_by(&origin),
        Err(_) => answer,
    }
}
