//! Segment's Tracking API: whose call it is, what of it is kept, and the answer in Segment's own shape.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha1::Sha1;

use super::admission::{WRONG_KEY_COST, charge, within};
use super::answer::Answer;
use super::intake::{Accepted, Intake, Person};
use super::trust::{AllowedOrigin, BridgeKeys};
use super::{Config, ConfigError, Connection, GlobalPrivacyControl, RateLimiter};
use crate::event::{ActionSource, Problem};
use crate::sources::mapping::Source;
use crate::sources::segment::{self, Call, Settings, Trust};
use crate::sources::{NoEntropy, Reading};

/// Segment takes 32 KB of one call and 500 KB of a batch, with at most 2500 calls in it.
const MAX_CALL_BYTES: usize = 32 * 1024;
const MAX_BATCH_BYTES: usize = 500 * 1024;
const MAX_BATCH_CALLS: usize = 2_500;

/// How Segment's calls are taken.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SegmentSettings {
    /// The write keys of sources in pages: anyone can read them there, so they are no secrets, and a
    /// call with one is trusted as little as a page. Default none.
    #[serde(default)]
    pub pages: Vec<SegmentPage>,
    /// What the event id is: `messageId`, as Segment's own destinations have it, or derived from event
    /// name and order id where there is an order. Default `messageId`.
    #[serde(default)]
    pub event_id: EventIdOf,
    /// The action source of a server's event that says none and has no page. Default none: such an
    /// event is refused.
    #[serde(default)]
    pub action_source: Option<String>,
    /// How long the traits of `identify` are remembered, in days. Default 30; 0: not at all.
    #[serde(default = "default_traits_days")]
    pub traits_days: u32,
    /// Of how many ids traits are remembered at the most, by dataset. Default 100000.
    #[serde(default = "default_traits_most")]
    pub traits_most: u32,
}

/// A source in pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SegmentPage {
    /// Its write key.
    pub write_key: String,
    /// The dataset of its events. Default: the first.
    #[serde(default)]
    pub dataset: Option<String>,
}

/// What the event id is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EventIdOf {
    /// Segment's id of the call.
    #[default]
    MessageId,
    /// Event name and order id, where there is an order.
    OrderId,
}

fn default_traits_days() -> u32 {
    30
}
fn default_traits_most() -> u32 {
    100_000
}

impl Default for SegmentSettings {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            event_id: EventIdOf::default(),
            action_source: None,
            traits_days: default_traits_days(),
            traits_most: default_traits_most(),
        }
    }
}

impl SegmentSettings {
    pub(super) fn check(&self, datasets: &[String]) -> Result<(), ConfigError> {
        for (index, page) in self.pages.iter().enumerate() {
            let error = |field: &str, message: &str| {
                Err(ConfigError::new(format!("segment.pages[{index}].{field}"), message))
            };
            if page.write_key.trim().is_empty() {
                return error("writeKey", "expected the write key of a source in pages");
            }
            if page.dataset.as_ref().is_some_and(|dataset| !datasets.contains(dataset)) {
                return error("dataset", "expected one of \"datasets\"");
            }
        }
        if let Some(name) = &self.action_source
            && ActionSource::from_name(name).is_none()
        {
            let names = ActionSource::ALL.map(ActionSource::name).join(", ");
            let message = format!("expected one of {names}");
            return Err(ConfigError::new("segment.actionSource", message));
        }
        Ok(())
    }
}

/// The secrets of Segment's sources on servers and of its webhook. Has no `Debug`: they are nobody's to
/// print.
#[derive(Default)]
pub struct SegmentSecrets {
    write_keys: Vec<(Option<String>, BridgeKeys)>,
    webhook: Vec<(Option<String>, String)>,
}

impl SegmentSecrets {
    /// Reads the secrets, each with the name it is bound by: `SEGMENT_WRITE_KEY`,
    /// `SEGMENT_WEBHOOK_SECRET`, and the same with `_<dataset id>`.
    ///
    /// # Errors
    /// When one is so short that it could be guessed, or for a dataset that is not listed.
    pub fn read<'a>(
        config: &Config,
        secrets: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ConfigError> {
        let mut read = Self::default();
        for (name, secret) in secrets.into_iter().filter(|(_, secret)| !secret.trim().is_empty()) {
            let dataset = |rest: &str| match rest.strip_prefix('_') {
                None => Ok(None),
                Some(id) if config.dataset(Some(id)).is_some() => Ok(Some(id.to_owned())),
                Some(_) => Err(ConfigError::new(name, "expected one of \"datasets\" in its name")),
            };
            if let Some(rest) = name.strip_prefix("SEGMENT_WRITE_KEY") {
                read.write_keys.push((dataset(rest)?, BridgeKeys::named(name, secret)?));
            } else if let Some(rest) = name.strip_prefix("SEGMENT_WEBHOOK_SECRET") {
                BridgeKeys::named(name, secret.trim())?;
                read.webhook.push((dataset(rest)?, secret.trim().to_owned()));
            }
        }
        Ok(read)
    }

    /// Whether Segment's paths are the bridge's to answer.
    #[must_use]
    pub fn are_set(&self, config: &Config) -> bool {
        !self.write_keys.is_empty() || !self.webhook.is_empty() || !config.segment.pages.is_empty()
    }

    /// Whether the signature is that of the body under one of the secrets, and for which dataset.
    fn signed(&self, signature: Option<&str>, body: &[u8]) -> Option<Option<&str>> {
        let signature = hex(signature?.trim())?;
        let right = |secret: &str| {
            let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).ok()?;
            mac.update(body);
            mac.verify_slice(&signature).ok()
        };
        let found = self.webhook.iter().find(|(_, secret)| right(secret).is_some());
        found.map(|(dataset, _)| dataset.as_deref())
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits?;
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok()).collect()
}

/// What was called: one of Segment's paths, in full or as analytics.js shortens it, or the webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentCall {
    /// One call.
    One(Call),
    /// Several, each with its `type`.
    Batch,
    /// One, with its `type`, signed with this `X-Signature`.
    Webhook(Option<String>),
}

impl SegmentCall {
    /// The call of a path below `/v1/`.
    #[must_use]
    pub fn from_path(name: &str) -> Option<Self> {
        let one = |call| Some(Self::One(call));
        match name {
            "t" => one(Call::Track),
            "p" => one(Call::Page),
            "s" => one(Call::Screen),
            "i" => one(Call::Identify),
            "g" => one(Call::Group),
            "a" => one(Call::Alias),
            "b" | "batch" | "import" => Some(Self::Batch),
            name => Call::from_name(name).and_then(one),
        }
    }

    /// How large its body may be, in bytes.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        match self {
            Self::Batch => MAX_BATCH_BYTES,
            Self::One(_) | Self::Webhook(_) => MAX_CALL_BYTES,
        }
    }
}

/// Whose call it is.
struct Caller {
    trust: Trust,
    dataset: Option<String>,
    origin: Option<AllowedOrigin>,
}

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
    within(config, connection, limiter, now_millis).map_err(|answer| {
        let message = "too many requests of one address; come again after Retry-After";
        let problem = Problem::refused("too_many_requests", "", message);
        let mut shaped = refusal(config, connection, 429, &[problem]);
        shaped.headers.extend(answer.headers);
        shaped
    })
}

/// Answers a browser that asks whether a page may post here: analytics.js shows its write key as a header.
#[must_use]
pub fn segment_preflight(config: &Config, connection: &Connection) -> Answer {
    let mut answer = super::preflight(config, connection);
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
        Ok(Intake::answered(refusal(config, connection, status, &[problem])))
    };
    if body.len() > call.max_body_bytes() {
        let most = call.max_body_bytes() / 1024;
        let message = format!("expected at most {most} KB, as Segment does");
        return refused(400, Problem::refused("body_too_large", "", message));
    }
    let mut message = match serde_json::from_slice(body) {
        Ok(Value::Object(message)) => message,
        // The webhook may send a batch, of which Segment signs the first call only.
        Ok(Value::Array(messages)) if matches!(call, SegmentCall::Webhook(_)) => {
            let expected = format!(
                "expected one call, not a list of {}: turn batching off in the webhook's settings, since Segment signs only the first call of a batch",
                messages.len()
            );
            return refused(400, Problem::refused("invalid_request", "", expected));
        }
        _ => {
            let message = "expected JSON: an object";
            return refused(400, Problem::refused("invalid_request", "", message));
        }
    };
    let caller = match caller(config, connection, secrets, call, &mut message, body) {
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
            return Ok(Intake::answered(refusal(config, connection, 403, &[problem])));
        }
    }
    let calls = match calls(call, message) {
        Ok(calls) => calls,
        Err(problem) => {
            return Ok(Intake::answered(refusal(config, connection, 400, &[problem])));
        }
    };
    let taken = each(config, connection, &caller, calls, &mut reading)?;
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

/// The calls of a body.
struct Calls {
    /// Each with its place and its kind, or why it is none.
    items: Vec<(String, Result<(Call, Value), Problem>)>,
    /// What a batch says for all of them.
    shared: Map<String, Value>,
}

fn each(
    config: &Config,
    connection: &Connection,
    caller: &Caller,
    Calls { items, shared }: Calls,
    reading: &mut Reading<'_>,
) -> Result<Taken, NoEntropy> {
    let mut taken = Taken::default();
    let Some(table) = config.table(Source::Segment) else { return Ok(taken) };
    let settings = Settings {
        table,
        trust: caller.trust,
        id_of_order: config.segment.event_id == EventIdOf::OrderId,
        action_source: config.segment.action_source.as_deref().and_then(ActionSource::from_name),
    };
    for (path, item) in items {
        let (call, mut message) = match item {
            Ok(item) => item,
            Err(problem) => {
                taken.problems.push(problem);
                continue;
            }
        };
        segment::inherit(&mut message, &shared);
        let read = segment::call(message, call, &path, &settings, reading)?;
        let mut problems = read.problems;
        if let Some(mut event) = read.event {
            match caller.trust {
                Trust::Page => connection.enrich_page(config, &mut event),
                Trust::Server => connection.enrich_server(&mut event),
            }
            let found = event.problems(&path);
            problems.extend(found.into_iter().map(|problem| read.origins.located(problem, &path)));
            if problems.iter().all(|problem| problem.event_kept) {
                match Accepted::new(&event, &path) {
                    Ok(accepted) => {
                        taken.events.push(Accepted { known_as: read.known_as, ..accepted });
                    }
                    Err(problem) => problems.push(problem),
                }
            }
        }
        if let Some(segment::Person { keys, same_as, user_data }) = read.person
            && config.segment.traits_days > 0
        {
            taken.people.push(Person { keys, same_as, user_data });
        }
        taken.fine += usize::from(problems.iter().all(|problem| problem.event_kept));
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
        Intake { answer, dataset_id, events, people }
    }
}

/// Whose call it is: the write key is in the body, or the name of a user without a password.
fn caller(
    config: &Config,
    connection: &Connection,
    secrets: &SegmentSecrets,
    call: &SegmentCall,
    message: &mut Map<String, Value>,
    body: &[u8],
) -> Result<Caller, (u16, Problem)> {
    let server = |dataset: Option<&str>| Caller {
        trust: Trust::Server,
        dataset: dataset.map(str::to_owned),
        origin: None,
    };
    if let SegmentCall::Webhook(signature) = call {
        return secrets.signed(signature.as_deref(), body).map(server).ok_or_else(|| {
            let message = "expected the HMAC-SHA1 of the body in hexadecimal, under the webhook's shared secret: set it as SEGMENT_WEBHOOK_SECRET";
            (401, Problem::refused("wrong_signature", "X-Signature", message))
        });
    }
    let in_body = message.remove("writeKey");
    let basic = connection.authorization.as_deref().and_then(basic_user);
    let shown = [basic.as_deref(), in_body.as_ref().and_then(Value::as_str)];
    for key in shown.into_iter().flatten() {
        if let Some((dataset, _)) = secrets.write_keys.iter().find(|(_, keys)| keys.has(key)) {
            return Ok(server(dataset.as_deref()));
        }
        if let Some(page) = config.segment.pages.iter().find(|page| page.write_key == key) {
            let origin = AllowedOrigin::of(config, connection)?;
            let dataset = page.dataset.clone();
            return Ok(Caller { trust: Trust::Page, dataset, origin: Some(origin) });
        }
    }
    let message = "expected a write key that the worker has: the secret SEGMENT_WRITE_KEY, or \"segment.pages\" of its configuration";
    Err((401, Problem::refused("invalid_write_key", "writeKey", message)))
}

/// The user of HTTP Basic: the whole of it where there is no colon.
fn basic_user(header: &str) -> Option<String> {
    let (scheme, value) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    Some(text.split_once(':').map_or(text.as_str(), |(user, _)| user).to_owned())
}

fn calls(call: &SegmentCall, mut message: Map<String, Value>) -> Result<Calls, Problem> {
    let one = |item| Calls { items: vec![(String::new(), item)], shared: Map::new() };
    match call {
        SegmentCall::One(call) => Ok(one(Ok((*call, Value::Object(message))))),
        SegmentCall::Webhook(_) => Ok(one(typed(Value::Object(message), ""))),
        SegmentCall::Batch => {
            let Some(Value::Array(messages)) = message.remove("batch") else {
                return Err(Problem::refused(
                    "invalid_request",
                    "batch",
                    "expected a list of calls",
                ));
            };
            if messages.len() > MAX_BATCH_CALLS {
                let expected = "expected at most 2500 calls, as Segment does";
                return Err(Problem::refused("batch_too_long", "batch", expected));
            }
            let shared = message.get("context").map_or(0, |context| context.to_string().len());
            if shared > MAX_CALL_BYTES {
                let expected = "expected at most 32 KB: each of the calls has it";
                return Err(Problem::refused("call_too_large", "context", expected));
            }
            let item = |(index, one): (usize, Value)| {
                let path = format!("batch[{index}]");
                let item = if one.to_string().len() > MAX_CALL_BYTES {
                    let expected = "expected at most 32 KB, as Segment does";
                    Err(Problem::refused("call_too_large", path.as_str(), expected))
                } else {
                    typed(one, &path)
                };
                (path, item)
            };
            Ok(Calls {
                items: messages.into_iter().enumerate().map(item).collect(),
                shared: message,
            })
        }
    }
}

fn typed(message: Value, path: &str) -> Result<(Call, Value), Problem> {
    match message.get("type").and_then(Value::as_str).and_then(Call::from_name) {
        Some(call) => Ok((call, message)),
        None => {
            let at = format!("{path}.type").trim_start_matches('.').to_owned();
            let expected =
                "expected \"track\", \"page\", \"screen\", \"identify\", \"group\" or \"alias\"";
            Err(Problem::refused("invalid_type", at, expected))
        }
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

impl Intake {
    fn answered(answer: Answer) -> Self {
        Self { answer, dataset_id: None, events: Vec::new(), people: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_a_webhook_is_that_of_the_reference() {
        let body =
            br#"{"type":"track","event":"Order Completed","messageId":"m-1","userId":"user_42"}"#;
        let webhook = vec![(Some("42".to_owned()), "shared-secret".to_owned())];
        let secrets = SegmentSecrets { write_keys: Vec::new(), webhook };
        let signature = "c075853eebee5b39d093d50978f959908d6ef67a";
        assert_eq!(secrets.signed(Some(signature), body), Some(Some("42")));
        assert_eq!(secrets.signed(Some(&signature.to_uppercase()), body), Some(Some("42")));
        assert_eq!(secrets.signed(Some(signature), b"{}"), None);
        assert_eq!(secrets.signed(None, body), None);
    }

    #[test]
    fn a_secret_that_could_be_guessed_or_of_an_unknown_dataset_is_an_error_that_names_it() {
        let config = Config::read(r#"{"datasets":["1"],"allowedOrigins":[]}"#).unwrap();
        let error = |name, secret| SegmentSecrets::read(&config, [(name, secret)]).err().unwrap();
        assert_eq!(error("SEGMENT_WRITE_KEY", "hunter2").path(), "SEGMENT_WRITE_KEY");
        assert_eq!(error("SEGMENT_WEBHOOK_SECRET", "hunter2").path(), "SEGMENT_WEBHOOK_SECRET");
        let long = "0123456789abcdef0123456789abcdef";
        assert_eq!(error("SEGMENT_WRITE_KEY_7", long).path(), "SEGMENT_WRITE_KEY_7");
    }
}
