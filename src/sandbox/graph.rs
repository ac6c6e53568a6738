//! The events edge of the Graph API: `POST /{version}/{dataset}/events`. Source: `http-api.md`
//! section 1.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::copies::ServerCopy;
use super::fault::Target;
use super::graph_error::{GraphError, Invalid, subcode};
use super::journal::Recorded;
use super::known::Known;
use super::requests::{Arrival, Line, is_deep};
use super::version::{self, Verdict};
use super::{Request, Response, Sandbox, server_event};

/// The maximum number of events in a request: "Up to 1000 events in `data`."
const MAX_EVENTS: usize = 1000;
/// The maximum number of warnings in an answer. The rest is counted.
const MAX_MESSAGES: usize = 100;

impl Sandbox {
    pub(super) fn graph(
        &mut self,
        now_millis: u64,
        version: &str,
        dataset_id: &str,
        request: &Request<'_>,
    ) -> Response {
        let trace = self.next_trace();
        let parameters = Parameters::read(request);
        let events = parameters.as_ref().map_or(Ok(Vec::new()), Parameters::events);
        let text =
            |name| parameters.as_ref().ok().and_then(|all| all.text(name)).map(str::to_owned);
        let arrival = Arrival {
            received_at_millis: now_millis,
            version: version.to_owned(),
            dataset_id: dataset_id.to_owned(),
            test_event_code: text("test_event_code"),
            partner_agent: text("partner_agent"),
            user_agent: request.user_agent.map(str::to_owned),
            events: events.iter().flatten().map(Line::of).collect(),
            fbtrace_id: trace.clone(),
        };

        let fault = self.next_fault(Target::Graph, &arrival.events);
        if let Some(answer) = fault.as_ref().and_then(|fault| fault.answer(dataset_id, &trace)) {
            self.requests.faulted(&mut self.journal, arrival, &answer);
            return answer;
        }
        let known = &self.settings.known;
        let served = version::judge(version, now_millis);
        let checked = match served {
            Verdict::Unknown => Err(GraphError::unknown_version(version, &trace)),
            Verdict::Ended => Err(GraphError::ended_version(&trace)),
            Verdict::Served | Verdict::TooNewToKnow => Ok(()),
        }
        .and_then(|()| token(request, parameters.as_ref().ok(), known, &trace))
        .and_then(|()| dataset(dataset_id, known, &trace))
        .and_then(|()| match (&parameters, events) {
            (Err(sentence), _) => Err(GraphError::unreadable(sentence, &trace)),
            (_, Err(sentence)) => Err(GraphError::unreadable(&sentence, &trace)),
            (Ok(_), Ok(events)) => check(&events, now_millis)
                .map(|messages| (events, messages))
                .map_err(|invalid| GraphError::invalid(invalid, &trace)),
        });
        let mut answer = match checked {
            Err(error) => {
                self.requests.refused(&mut self.journal, arrival, &error);
                error.answer()
            }
            Ok((events, mut messages)) => {
                if served == Verdict::TooNewToKnow {
                    let newest = version::NEWEST;
                    messages.push(format!(
                        "The sandbox knows Meta's versions up to v{newest}.0; this one is newer."
                    ));
                }
                let answer = json!({ "events_received": events.len(), "messages": messages, "fbtrace_id": trace });
                for event in events {
                    if let Some((event_name, copy)) = ServerCopy::read(event, now_millis, &trace) {
                        self.journal.record(&Recorded::Server(dataset_id, &event_name, &copy));
                        self.events.arrive_from_server(dataset_id, &event_name, copy);
                    }
                }
                self.requests.accepted(&mut self.journal, arrival);
                Response::json(200, &answer)
            }
        };
        if let Some(fault) = fault {
            answer.delivery = fault.delivery();
        }
        answer
    }
}

/// Checks the token in the header, the body or the query. The header is used first, the query last.
fn token(
    request: &Request<'_>,
    parameters: Option<&Parameters>,
    known: &Known,
    trace: &str,
) -> Result<(), GraphError> {
    let bearer = request.authorization.and_then(|header| {
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let in_query =
        form_urlencoded::parse(request.query.as_bytes()).find(|(name, _)| name == "access_token");
    let token = bearer
        .filter(|token| !token.is_empty())
        .or_else(|| parameters.and_then(|all| all.text("access_token")))
        .or_else(|| in_query.as_ref().map(|(_, token)| token.as_ref()))
        .unwrap_or_default();
    if token.is_empty() {
        return Err(GraphError::no_token(trace));
    }
    let well_formed =
        token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"|_-.=:~+/".contains(&byte));
    match well_formed {
        false => Err(GraphError::malformed_token(trace)),
        true if !known.has_token(token) => Err(GraphError::unknown_token(trace)),
        true => Ok(()),
    }
}

fn dataset(dataset_id: &str, known: &Known, trace: &str) -> Result<(), GraphError> {
    let well_formed = (1..=32).contains(&dataset_id.len())
        && dataset_id.bytes().all(|byte| byte.is_ascii_digit());
    if well_formed && known.has_dataset(dataset_id) {
        Ok(())
    } else {
        Err(GraphError::no_such_dataset(trace))
    }
}

/// Checks every event before one is stored: "one invalid event rejects the whole request".
fn check(events: &[Value], now_millis: u64) -> Result<Vec<String>, Invalid> {
    let mut messages = Vec::new();
    for (position, event) in events.iter().enumerate() {
        let path = format!("data[{position}]");
        match event {
            event if is_deep(event) => {
                let sentence = "Expected objects and lists that are nested less deeply.";
                return Err(Invalid::new(subcode::INVALID_PARAMETER, path, sentence));
            }
            Value::Object(event) => server_event::check(event, &path, now_millis, &mut messages)?,
            _ => {
                return Err(Invalid::new(
                    subcode::INVALID_PARAMETER,
                    path,
                    "Expected an event, a JSON object.",
                ));
            }
        }
    }
    let more = messages.len().saturating_sub(MAX_MESSAGES);
    if more > 0 {
        messages.truncate(MAX_MESSAGES);
        messages.push(format!("… and {more} more warnings."));
    }
    Ok(messages)
}

/// The parameters of a call to the Graph API. The body wins over the query.
struct Parameters(Map<String, Value>);

impl Parameters {
    fn read(request: &Request<'_>) -> Result<Self, String> {
        let mut all = Map::new();
        let mut form = |bytes: &[u8]| {
            all.extend(
                form_urlencoded::parse(bytes).map(|(name, value)| (name.into(), value.into())),
            );
        };
        form(request.query.as_bytes());
        let body = request.body.trim_ascii();
        let declared = request.content_type.unwrap_or_default().to_ascii_lowercase();
        if declared.starts_with("multipart/") {
            return Err("Send application/json or application/x-www-form-urlencoded; the sandbox reads no multipart.".into());
        }
        if declared.starts_with("application/x-www-form-urlencoded")
            || (!declared.contains("json") && !body.starts_with(b"{"))
        {
            form(body);
        } else if !body.is_empty() {
            let json = serde_json::from_slice(body)
                .map_err(|error| format!("The body is not JSON: {error}."))?;
            let Value::Object(body) = json else {
                return Err("The body must be a JSON object: {\"data\":[…]}.".into());
            };
            all.extend(body);
        }
        Ok(Self(all))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Returns the events of `data`. The array and each event may be JSON text: forms send the
    /// first, Meta's SDKs the second.
    fn events(&self) -> Result<Vec<Value>, String> {
        let data = self.0.get("data").filter(|data| !data.is_null());
        let data =
            data.ok_or("data is missing: send {\"data\":[…]}, an array of 1 to 1000 events.")?;
        let data = match data {
            Value::String(text) => Cow::Owned(
                serde_json::from_str(text)
                    .map_err(|error| format!("data is text, but not JSON: {error}."))?,
            ),
            data => Cow::Borrowed(data),
        };
        let Value::Array(events) = data.as_ref() else {
            return Err("data must be an array of events.".into());
        };
        match events.len() {
            0 => Err("data is empty: send 1 to 1000 events.".into()),
            1..=MAX_EVENTS => Ok(events.iter().map(unwrapped).collect()),
            count => Err(format!("data has {count} events; one request takes up to {MAX_EVENTS}.")),
        }
    }
}

fn unwrapped(event: &Value) -> Value {
    let text = event.as_str().and_then(|text| serde_json::from_str(text).ok());
    text.unwrap_or_else(|| event.clone())
}
