//! Faults on request: the next posts to the Graph edge or the pixel fail, so that developers can
//! see retries.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::graph_error::GraphError;
use super::requests::Line;
use super::{Delivery, Response, Sandbox, read};

const MAX_TIMES: u32 = 100_000;
const MAX_BODY_BYTES: usize = 64 * 1024;
/// The maximum delay, in milliseconds.
const MAX_LATENCY_MILLIS: u32 = 10 * 60 * 1000;
/// The time over which a slow body is sent if the fault does not say, in milliseconds.
const SLOW_BODY_MILLIS: u32 = 10_000;
/// The start of an answer of Meta's, cut off, and bytes that are no text.
const GARBAGE: &[u8] = b"{\"events_received\":1,\"mess\x00\xff\xfe\x9c";

/// A fault, and how often it will still happen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Fault {
    #[serde(default, skip_serializing_if = "Kind::is_status")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    remaining: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// If set, only requests with this event fail. At Meta, too, one bad event spoils its batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    latency_millis: Option<u32>,
    #[serde(default, skip_serializing_if = "Target::is_graph")]
    target: Target,
    /// The minutes until Meta takes calls again, as its throttling header says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    regain_minutes: Option<u32>,
}

/// The kind of a fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The answer has another status.
    #[default]
    Status,
    /// The answer is late, and otherwise as without a fault.
    Latency,
    /// The connection ends without an answer.
    Reset,
    /// The answer has status 200 and is no JSON.
    Garbage,
    /// The body comes slowly, and is otherwise as without a fault.
    SlowBody,
    /// Meta's answer to too many calls, with its headers.
    RateLimit,
    /// Meta's answer to a token that has expired.
    ExpiredToken,
}

impl Kind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_status(&self) -> bool {
        *self == Self::Status
    }
}

/// The endpoint that fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Target {
    #[default]
    Graph,
    Pixel,
}

impl Target {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_graph(&self) -> bool {
        *self == Self::Graph
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    kind: Option<Kind>,
    status: Option<u16>,
    #[serde(default = "once")]
    times: u32,
    body: Option<String>,
    event_id: Option<String>,
    latency_millis: Option<u32>,
    #[serde(default)]
    target: Target,
    regain_minutes: Option<u32>,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// Returns the answer of the fault. `None` lets the request be answered as without one.
    pub(super) fn answer(&self, dataset_id: &str, trace: &str) -> Option<Response> {
        let mut answer = match self.kind {
            Kind::Latency | Kind::SlowBody => return None,
            Kind::Status => {
                let status = self.status.unwrap_or(500);
                match &self.body {
                    Some(body) => Response::text(status, body),
                    None => GraphError::fault(status, trace).answer(),
                }
            }
            Kind::Reset => Response::problem(500, "The connection ends here."),
            Kind::Garbage => Response { body: GARBAGE.to_vec(), ..Response::json(200, &json!({})) },
            Kind::RateLimit => {
                let mut answer = GraphError::rate_limit(self.status.unwrap_or(429), trace).answer();
                answer.headers.extend(throttling(dataset_id, self.regain_minutes.unwrap_or(1)));
                answer
            }
            Kind::ExpiredToken => {
                GraphError::expired_token(self.status.unwrap_or(401), trace).answer()
            }
        };
        answer.delivery = self.delivery();
        Some(answer)
    }

    /// Returns the way in which the answer is sent.
    pub(super) fn delivery(&self) -> Delivery {
        let latency = self.latency_millis;
        match self.kind {
            Kind::SlowBody => {
                Delivery { body_millis: latency.unwrap_or(SLOW_BODY_MILLIS), ..Delivery::default() }
            }
            kind => Delivery {
                delay_millis: latency.unwrap_or_default(),
                body_millis: 0,
                resets: kind == Kind::Reset,
            },
        }
    }
}

/// Returns Meta's headers of a request that was throttled (`http-api.md` section 4). The percentages
/// are those of a limit that is used up.
fn throttling(
    dataset_id: &str,
    regain_minutes: u32,
) -> [(&'static str, std::borrow::Cow<'static, str>); 2] {
    let app = json!({ "call_count": 100, "total_time": 25, "total_cputime": 25 });
    let business = json!({ dataset_id: [{
        "type": "ads_management",
        "call_count": 100,
        "total_cputime": 25,
        "total_time": 25,
        "estimated_time_to_regain_access": regain_minutes,
        "ads_api_access_tier": "standard_access",
    }] });
    [
        ("x-app-usage", app.to_string().into()),
        ("x-business-use-case-usage", business.to_string().into()),
    ]
}

impl Sandbox {
    /// Returns the fault for these events, if one was requested, and counts it.
    pub(super) fn next_fault(&mut self, target: Target, events: &[Line]) -> Option<Fault> {
        let fault = self.settings.fault.as_mut()?;
        if fault.target != target
            || fault
                .event_id
                .as_ref()
                .is_some_and(|id| !events.iter().any(|event| event.has_id(id)))
        {
            return None;
        }
        let happens = fault.clone();
        fault.remaining = fault.remaining.saturating_sub(1);
        if fault.remaining == 0 {
            self.settings.fault = None;
        }
        self.record_settings();
        Some(happens)
    }

    pub(super) fn ask_for_fault(&mut self, body: &[u8]) -> Response {
        match wanted(body) {
            Err(sentence) => Response::problem(400, &sentence),
            Ok(fault) => {
                self.settings.fault = Some(fault);
                self.record_settings();
                self.show_fault()
            }
        }
    }

    pub(super) fn show_fault(&self) -> Response {
        Response::json(200, &json!({ "fault": self.settings.fault }))
    }

    pub(super) fn forget_fault(&mut self) -> Response {
        self.settings.fault = None;
        self.record_settings();
        self.show_fault()
    }
}

fn wanted(body: &[u8]) -> Result<Fault, String> {
    let example = "{\"status\":500,\"times\":3} or {\"kind\":\"rate_limit\"}";
    let wanted: Wanted = read::json(body, example)?;
    let Wanted { kind, status, times, body, event_id, latency_millis, target, regain_minutes } =
        wanted;
    let kind = kind.unwrap_or(match (status, latency_millis) {
        (None, Some(_)) => Kind::Latency,
        _ => Kind::Status,
    });
    if status.is_none() && kind == Kind::Status {
        return Err(format!(
            "status: expected 400 to 599, or another kind. For example {example}."
        ));
    }
    if let Some(status) = status.filter(|status| !(400..=599).contains(status)) {
        return Err(format!("status: expected 400 to 599, found {status}."));
    }
    let takes_status = matches!(kind, Kind::Status | Kind::RateLimit | Kind::ExpiredToken);
    if status.is_some() && !takes_status {
        return Err("status: this kind of fault has none; leave it out.".into());
    }
    if !(1..=MAX_TIMES).contains(&times) {
        return Err(format!(
            "times: expected 1 to {MAX_TIMES}, found {times}. DELETE /api/fault ends a fault."
        ));
    }
    if body.is_some() && kind != Kind::Status {
        return Err("body: only a fault with a status has one; leave it out.".into());
    }
    if body.as_ref().is_some_and(|body| body.len() > MAX_BODY_BYTES) {
        return Err(format!("body: expected at most {MAX_BODY_BYTES} bytes."));
    }
    if latency_millis.is_some_and(|millis| millis > MAX_LATENCY_MILLIS) {
        return Err(format!("latency_millis: expected at most {MAX_LATENCY_MILLIS}."));
    }
    if kind == Kind::Latency && latency_millis.is_none() {
        return Err("latency_millis: expected the delay in milliseconds, such as 2000.".into());
    }
    if regain_minutes.is_some() && kind != Kind::RateLimit {
        return Err("regain_minutes: only the kind \"rate_limit\" has it; leave it out.".into());
    }
    if target == Target::Pixel && matches!(kind, Kind::RateLimit | Kind::ExpiredToken) {
        return Err("target: the pixel has no token and no rate limit; expected \"graph\".".into());
    }
    Ok(Fault {
        kind,
        status,
        remaining: times,
        body,
        event_id,
        latency_millis,
        target,
        regain_minutes,
    })
}
