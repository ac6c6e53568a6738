//! A stand-in for Meta that validates and deduplicates.
//!
//! It answers as the Graph API's `events` edge and the pixel's `/tr` do. At `/api/events` it shows
//! which browser and server copies are one event, and why the others are not. It needs no account
//! and no internet. It implements only what Meta documents: `docs/sandbox.md` lists each check with
//! its source, and the limits of the sandbox.
//!
//! ```
//! use capi_bridge::sandbox::{Request, Sandbox};
//!
//! let mut sandbox = Sandbox::new();
//! let now_millis = 1_790_000_000_000;
//! sandbox.answer(now_millis, &Request {
//!     method: "GET",
//!     path: "/tr",
//!     query: "id=1234567890&ev=Lead&eid=lead-7&dl=https%3A%2F%2Fshop.example%2F",
//!     ..Request::default()
//! });
//! let accepted = sandbox.answer(now_millis + 900, &Request {
//!     method: "POST",
//!     path: "/v27.0/1234567890/events",
//!     authorization: Some("Bearer any-token"),
//!     content_type: Some("application/json"),
//!     body: br#"{"data":[{"event_name":"Lead","event_time":1790000000,"event_id":"lead-7",
//!         "action_source":"website","event_source_url":"https://shop.example/",
//!         "user_data":{"fbp":"fb.1.1789990000000.1073741823"}}]}"#,
//!     ..Request::default()
//! });
//! assert_eq!(accepted.status, 200);
//!
//! let shown = sandbox.answer(now_millis + 900, &Request {
//!     method: "GET",
//!     path: "/api/events",
//!     ..Request::default()
//! });
//! assert!(String::from_utf8_lossy(&shown.body).contains(r#""merged_by":"event_id""#));
//! ```

mod api;
mod clock;
mod copies;
mod custom_data;
mod customer_information;
mod documented;
mod fault;
mod finding;
mod graph;
mod graph_error;
mod journal;
mod known;
mod match_quality;
mod merging;
mod pair;
mod pixel;
mod read;
mod reasons;
mod requests;
mod response;
mod route;
mod server_event;
mod version;

use serde::{Deserialize, Serialize};

pub use response::{Delivery, Response};
use route::Route;

/// The maximum length of a body, in bytes. Meta documents no limit; a thousand events take about
/// two megabytes.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// One HTTP request, as the host received it. Fields that a host does not know keep their default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// `GET`, `POST`, … in capitals.
    pub method: &'a str,
    /// The path, still percent-encoded: `/v27.0/1234567890/events`.
    pub path: &'a str,
    /// The query without the question mark; empty if there is none.
    pub query: &'a str,
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The `User-Agent` header.
    pub user_agent: Option<&'a str>,
    /// The address of the connection's other end.
    pub client_ip: Option<&'a str>,
    /// The body's bytes.
    pub body: &'a [u8],
}

/// The state of the sandbox: events, requests to the Graph edge, and settings.
///
/// Its memory is limited. It stores the newest 10,000 events and 1,000 requests, fewer if they are
/// large.
#[derive(Debug, Default)]
pub struct Sandbox {
    events: merging::Events,
    requests: requests::Requests,
    settings: Settings,
    journal: journal::Journal,
}

/// The settings that a tester makes through the API.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Settings {
    clock: clock::Clock,
    known: known::Known,
    fault: Option<fault::Fault>,
    /// The number of the last answer of the Graph edge.
    traces: u64,
}

impl Sandbox {
    /// Returns an empty sandbox.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers one request. `now_millis` is Unix time in milliseconds. A clock that was set through
    /// the API takes its place.
    ///
    /// Every input gets an answer below 500, unless a fault was requested.
    pub fn answer(&mut self, now_millis: u64, request: &Request<'_>) -> Response {
        let Some(route) = Route::of(request.path) else {
            return response::not_found(request.path);
        };
        let allowed = route.methods();
        if request.method == "OPTIONS" && route.is_api() {
            return response::preflight(allowed);
        }
        // For routes that only read, HEAD is GET without the body.
        let head = request.method == "HEAD" && route.is_api();
        let method = if head { "GET" } else { request.method };
        if !allowed.split(", ").any(|one| one == method) {
            return response::method_not_allowed(request.method, allowed, route.is_api());
        }
        if request.body.len() > MAX_BODY_BYTES {
            let sentence = format!(
                "The body has {} bytes; the sandbox reads {MAX_BODY_BYTES}.",
                request.body.len()
            );
            return Response::problem(413, &sentence);
        }
        let real_millis = now_millis;
        let now_millis = self.settings.clock.now(real_millis);
        let body = request.body;
        let answer = match route {
            Route::Graph { version, dataset_id } => {
                return self.graph(now_millis, version, dataset_id, request);
            }
            Route::Pixel => return self.pixel(now_millis, request),
            Route::Events if method == "DELETE" => self.forget(request.query),
            Route::Events => self.show(now_millis, request.query),
            Route::Fault if method == "PUT" => self.ask_for_fault(body),
            Route::Fault if method == "DELETE" => self.forget_fault(),
            Route::Fault => self.show_fault(),
            Route::Clock if method == "PUT" => self.set_clock(real_millis, body),
            Route::Clock if method == "DELETE" => self.reset_clock(real_millis),
            Route::Clock => self.show_clock(real_millis),
            Route::Known if method == "PUT" => self.set_known(body),
            Route::Known if method == "DELETE" => self.forget_known(),
            Route::Known => self.show_known(),
            Route::Ids => self.set_ids(body),
            Route::CheckPair => pair::check_pair(now_millis, body),
            Route::Health => self.health(),
        };
        let answer = answer.open();
        if head { Response { body: Vec::new(), ..answer } } else { answer }
    }

    /// Returns true if a path belongs to the sandbox. A host may serve files at all other paths.
    ///
    /// ```
    /// use capi_bridge::sandbox::Sandbox;
    ///
    /// assert!(Sandbox::knows("/v27.0/1234567890/events"));
    /// assert!(Sandbox::knows("/api/no-such-route"));
    /// assert!(!Sandbox::knows("/index.html"));
    /// ```
    pub fn knows(path: &str) -> bool {
        Route::of(path).is_some() || path == "/api" || path.starts_with("/api/")
    }

    /// Returns the id of the next answer. It is counted, so that a test can repeat it.
    fn next_trace(&mut self) -> String {
        self.settings.traces = self.settings.traces.saturating_add(1);
        format!("sandbox-{:08}", self.settings.traces)
    }

    /// Makes the counted ids start again at a number: `{"start": 1}`.
    fn set_ids(&mut self, body: &[u8]) -> Response {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wanted {
            start: u64,
        }
        match read::json::<Wanted>(body, "{\"start\": 1}") {
            Err(sentence) => Response::problem(400, &sentence),
            Ok(Wanted { start }) => {
                self.settings.traces = start.saturating_sub(1);
                self.record_settings();
                Response::json(200, &serde_json::json!({ "start": start.max(1) }))
            }
        }
    }
}
