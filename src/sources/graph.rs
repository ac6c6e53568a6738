//! Reads the body that a client of the Graph API posts to `/{version}/{dataset}/events`: the events
//! and the parameters beside them, in JSON, in a form or in the query. Each event is one of a
//! server ([`super::server`]).
//!
//! Documents and SDKs write the same request in several ways. Meta's SDK for Node posts a JSON
//! object. The SDK for Python posts a form whose `data` is a JSON list of texts, each an event in
//! JSON again. Meta's PHP examples and `curl -F` post a form whose `data` is a JSON list of events.
//! Parameters in the body win over those in the query.

use serde_json::{Map, Value};

use super::conversions_api::MOST_CHARACTERS;
use super::json::{self, Broken, Document, Element};
use super::sdk;
use crate::event::Problem;

/// The parameters that are forwarded to Meta beside the events (Meta, "Main Body Parameters", and
/// those that the SDKs add).
const MAIN_BODY: [&str; 6] = [
    "test_event_code",
    "partner_agent",
    "namespace_id",
    "upload_id",
    "upload_tag",
    "upload_source",
];

/// A call to `/{version}/{dataset}/events`, as it came over HTTP. It has no `Debug`, because it may
/// contain a key.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The query, without the question mark.
    pub query: &'a str,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// The parameters of a call, by name. It has no `Debug`, because one of them may be a key.
pub struct Parameters {
    named: Map<String, Value>,
    /// The list `data`, if the body has it as a list.
    data: Option<Vec<Element>>,
    /// The problems of parameters that were left out.
    problems: Vec<Problem>,
}

impl Parameters {
    /// Reads only the query, which is known before the body.
    #[must_use]
    pub fn of_query(query: &str) -> Self {
        let mut parameters = Self { named: Map::new(), data: None, problems: Vec::new() };
        parameters.add_form(query.as_bytes());
        parameters
    }

    /// Reads query and body.
    ///
    /// # Errors
    /// A problem that says what the body should be.
    pub fn read(call: Call<'_>) -> Result<Self, Problem> {
        let refused = |message: String| Problem::refused("invalid_body", "", message);
        let mut parameters = Self::of_query(call.query);
        let declared = call.content_type.unwrap_or_default().to_ascii_lowercase();
        let body = call.body.trim_ascii();
        if declared.starts_with("multipart/") {
            let message = "expected JSON or a form; this multipart body could not be read";
            return Err(refused(message.to_owned()));
        }
        // A form never starts with a bracket, but `curl -d` declares everything as a form.
        let is_json = body.starts_with(b"{") || body.starts_with(b"[");
        if is_json || !body.is_empty() && declared.contains("json") {
            let mut document = Document::read(body, "data").map_err(|broken| match broken {
                Broken::NoObject => refused("expected an object: {\"data\": […]}".to_owned()),
                Broken::NoJson(message) => refused(message),
            })?;
            // Without its test event code a test event would count as a real one.
            parameters.problems =
                document.undecided(&["data", "access_token", "test_event_code"]).map_err(
                    |Problem { path, message, .. }| Problem::refused("invalid_body", path, message),
                )?;
            let Document { fields, list, .. } = document;
            parameters.named.extend(fields);
            parameters.data = list;
        } else {
            parameters.add_form(body);
        }
        Ok(parameters)
    }

    fn add_form(&mut self, bytes: &[u8]) {
        self.named
            .extend(form_urlencoded::parse(bytes).map(|(name, value)| (name.into(), value.into())));
    }

    /// Returns the access token, which for this worker is one of its own keys.
    #[must_use]
    pub fn access_token(&self) -> Option<&str> {
        self.named.get("access_token")?.as_str().filter(|token| !token.is_empty())
    }

    /// Returns the elements of `data`, each read separately. An element that is JSON text is
    /// parsed. A text that is not JSON stays unchanged, so that only this element is refused.
    ///
    /// # Errors
    /// A problem if there is no list.
    pub fn events(&mut self) -> Result<Vec<Element>, Problem> {
        let refused = |message: &str| Err(Problem::refused("invalid_body", "data", message));
        let data = match (self.data.take(), self.named.remove("data")) {
            (Some(data), _) => data,
            (None, Some(Value::String(text))) => match json::list(&text, "data") {
                Ok(data) => data,
                Err(message) => return refused(&message),
            },
            (None, None) if self.named.keys().any(|name| name.starts_with("data[")) => {
                return refused("expected one field \"data\" with a list of events in JSON");
            }
            (None, _) => return refused("expected a list of events"),
        };
        Ok(data.into_iter().enumerate().map(unwrapped).collect())
    }

    /// Returns the parameters that are forwarded to Meta beside the events, and their problems. A
    /// wrong parameter is left out.
    pub fn main_body(&mut self) -> (Map<String, Value>, Vec<Problem>) {
        let mut kept = Map::new();
        let mut problems = std::mem::take(&mut self.problems);
        for name in MAIN_BODY {
            let text = match self.named.remove(name) {
                None | Some(Value::Null) => continue,
                Some(Value::String(text)) if text.is_empty() => continue,
                Some(Value::String(text)) => Some(text),
                Some(Value::Number(number)) => Some(number.to_string()),
                Some(_) => None,
            };
            match text.filter(|text| text.chars().count() <= MOST_CHARACTERS) {
                Some(text) => drop(kept.insert(name.to_owned(), text.into())),
                None => problems.push(Problem::left_out(
                    "wrong_type",
                    name,
                    "expected text of at most 256 characters",
                )),
            }
        }
        (kept, problems)
    }
}

/// Parses an event that an SDK may have written as JSON text, and corrects it ([`sdk::mended`]).
fn unwrapped((index, mut event): (usize, Element)) -> Element {
    if let Some(Value::String(text)) = &event.value {
        let inner = json::element(text.as_bytes(), &format!("data[{index}]"));
        if inner.value.is_some() {
            event = Element {
                value: inner.value,
                problems: event.problems.into_iter().chain(inner.problems).collect(),
            };
        }
    }
    Element { value: event.value.map(sdk::mended), problems: event.problems }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(content_type: &str, query: &str, body: &str) -> Result<Parameters, Problem> {
        Parameters::read(Call { query, content_type: Some(content_type), body: body.as_bytes() })
    }

    #[test]
    fn json_says_it_all_in_one_object_whatever_it_is_declared_as() {
        let body = r#" {"data":[{"a":1}],"access_token":"K","upload_id":7}"#;
        for declared in ["application/json; charset=utf-8", "application/x-www-form-urlencoded", ""]
        {
            let mut parameters = read(declared, "", body).ok().unwrap();
            assert_eq!(parameters.access_token(), Some("K"));
            assert_eq!(parameters.events().unwrap(), [json!({ "a": 1 }).into()]);
            assert_eq!(Value::from(parameters.main_body().0), json!({ "upload_id": "7" }));
        }
    }

    #[test]
    fn a_form_has_its_events_in_json_and_each_may_be_json_in_text() {
        let data = json!([r#"{"a":1}"#, { "b": 2 }, "no event"]).to_string();
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("data", &data)
            .append_pair("test_event_code", "TEST12345")
            .finish();
        let mut parameters =
            read("application/x-www-form-urlencoded", "access_token=K", &form).ok().unwrap();
        assert_eq!(parameters.access_token(), Some("K"));
        let expected = [json!({ "a": 1 }), json!({ "b": 2 }), json!("no event")].map(Element::from);
        assert_eq!(parameters.events().unwrap(), expected);
        let main_body = json!({ "test_event_code": "TEST12345" });
        assert_eq!(Value::from(parameters.main_body().0), main_body);
    }

    #[test]
    fn the_body_wins_over_the_query() {
        let parameters =
            read("application/json", "access_token=query", r#"{"access_token":"body"}"#);
        assert_eq!(parameters.ok().unwrap().access_token(), Some("body"));
    }

    #[test]
    fn what_authorises_and_what_shapes_the_answer_does_not_go_on() {
        let query =
            "appsecret_proof=1&appsecret_time=2&fields=id&debug=all&method=post&locale=de_DE";
        let mut parameters = read("application/json", query, "{}").ok().unwrap();
        assert_eq!(parameters.main_body(), (Map::new(), Vec::new()));
    }

    #[test]
    fn what_is_no_text_beside_the_events_is_left_out_and_named() {
        let body =
            json!({ "partner_agent": ["x"], "test_event_code": "T".repeat(257) }).to_string();
        let (kept, problems) = read("application/json", "", &body).ok().unwrap().main_body();
        assert!(kept.is_empty() && problems.iter().all(|problem| problem.event_kept));
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["test_event_code", "partner_agent"]);
    }

    #[test]
    fn data_that_is_no_list_says_what_was_expected() {
        for (body, message) in [
            ("{}", "expected a list of events"),
            (r#"{"data":{}}"#, "expected a list of events"),
            (r#"{"data":"["}"#, "expected JSON; it ends too early"),
            ("data%5B0%5D=x", "expected one field \"data\" with a list of events in JSON"),
        ] {
            let problem = read("", "", body).ok().unwrap().events().unwrap_err();
            assert_eq!((problem.path.as_str(), problem.message.as_str()), ("data", message));
        }
    }

    #[test]
    fn a_body_that_cannot_be_read_is_never_repeated() {
        for (declared, body) in [
            ("application/json", "jane@example.com"),
            ("application/json", "{jane@example.com"),
            ("", "[\"jane@example.com\"]"),
            ("multipart/form-data; boundary=x", "jane@example.com"),
        ] {
            let problem = read(declared, "", body).err().unwrap();
            assert!(problem.message.contains("expected"), "{problem:?}");
            assert!(!problem.message.contains("jane"), "{problem:?}");
        }
    }
}
