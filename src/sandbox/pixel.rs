//! The pixel's endpoint: `GET` and `POST /tr`. Source: `pixel-js.md` section 6.
//!
//! Few checks are made: the pixel only logs a Purchase without a value in the console, and sends
//! it.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::copies::BrowserCopy;
use super::fault::Target;
use super::journal::Recorded;
use super::requests::{Line, is_deep};
use super::{Request, Response, Sandbox};

impl Sandbox {
    pub(super) fn pixel(&mut self, now_millis: u64, request: &Request<'_>) -> Response {
        let declared = request.content_type.unwrap_or_default().to_ascii_lowercase();
        if request.method == "POST"
            && (declared.starts_with("multipart/") || declared.contains("json"))
        {
            return Response::problem(400, "POST /tr takes application/x-www-form-urlencoded.");
        }
        let body = if request.method == "POST" { request.body } else { b"" };
        let hit = Hit::read(request.query.as_bytes(), body);
        let dataset_id = hit
            .get("id")
            .filter(|id| id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(dataset_id) = dataset_id else {
            return Response::problem(
                400,
                "id: expected the pixel's id, digits only: /tr?id=1234567890&ev=PageView.",
            );
        };
        let Some(event_name) = hit.get("ev") else {
            return Response::problem(
                400,
                "ev: expected the event's name: /tr?id=1234567890&ev=PageView.",
            );
        };
        let line = Line::of_hit(event_name, hit.get("eid"));
        let fault = self.next_fault(Target::Pixel, std::slice::from_ref(&line));
        if let Some(answer) = fault.as_ref().and_then(|fault| fault.answer(dataset_id, "")) {
            return answer;
        }
        let text = |name| hit.get(name).map(str::to_owned);
        let copy = BrowserCopy {
            received_at_millis: now_millis,
            event_time_millis: hit.get("ts").and_then(|ts| ts.parse().ok()),
            event_id: text("eid"),
            fbp: text("fbp"),
            fbc: text("fbc"),
            url: text("dl"),
            referrer: text("rl"),
            client_ip_address: request.client_ip.map(str::to_owned),
            client_user_agent: request.user_agent.map(str::to_owned),
            data_processing_options: hit.data_processing_options(),
            // Manual matching (`ud`) overrides automatic matching (`udff`).
            user_data: hit.bracketed("udff").into_iter().chain(hit.bracketed("ud")).collect(),
            custom_data: hit.bracketed("cd"),
            copies: 1,
        };
        self.journal.record(&Recorded::Browser(dataset_id, event_name, &copy));
        self.events.arrive_from_browser(dataset_id, event_name, copy);
        let delivery = fault.map(|fault| fault.delivery()).unwrap_or_default();
        Response { delivery, ..Response::gif() }
    }
}

/// The parameters of one call: those of the query, then those of the body.
struct Hit<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Hit<'a> {
    fn read(query: &'a [u8], body: &'a [u8]) -> Self {
        Self(form_urlencoded::parse(query).chain(form_urlencoded::parse(body)).collect())
    }

    /// Returns the last value of a name, unless it is empty.
    fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().rev().find(|(each, _)| each == name)?;
        Some(value.as_ref()).filter(|value| !value.is_empty())
    }

    /// Reads `cd[value]=1` as `{"value": "1"}`. Objects and arrays are sent as JSON text.
    fn bracketed(&self, name: &str) -> Map<String, Value> {
        let pairs = self.0.iter().filter_map(|(each, value)| {
            let key = each.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
            let nested =
                value.starts_with(['{', '[']).then(|| serde_json::from_str(value).ok()).flatten();
            let nested = nested.filter(|nested| !is_deep(nested));
            Some((key.to_owned(), nested.unwrap_or_else(|| json!(value))))
        });
        pairs.collect()
    }

    /// Reads the options of `dpo=LDU&dpoco=1&dpost=1000`.
    fn data_processing_options(&self) -> Option<Value> {
        let (_, options) = self.0.iter().find(|(each, _)| each == "dpo")?;
        Some(options.split(',').filter(|option| !option.is_empty()).collect())
    }
}
