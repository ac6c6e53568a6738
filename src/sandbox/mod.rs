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
mod copies;
mod custom_data;
mod customer_information;
mod fault;
mod graph;
mod graph_error;
mod merging;
mod pixel;
mod reasons;
mod requests;
mod response;
mod server_event;

pub use response::Response;

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

/// The state of the sandbox: events, requests to the Graph edge, and a requested fault.
///
/// Its memory is limited. It stores the newest 10,000 events and 1,000 requests, fewer if they are
/// large.
#[derive(Debug, Default)]
pub struct Sandbox {
    events: merging::Events,
    requests: requests::Requests,
    fault: Option<fault::Fault>,
    traces: u64,
}

impl Sandbox {
    /// Returns an empty sandbox.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers one request. `now_millis` is Unix time in milliseconds.
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
        let answer = match route {
            Route::Graph { version, dataset_id } => {
                self.graph(now_millis, version, dataset_id, request)
            }
            Route::Pixel => self.pixel(now_millis, request),
            Route::Events if method == "DELETE" => self.forget().open(),
            Route::Events => self.show(now_millis, request.query).open(),
            Route::Fault if method == "PUT" => self.ask_for_fault(request.body).open(),
            Route::Fault if method == "DELETE" => self.forget_fault().open(),
            Route::Fault => self.show_fault().open(),
            Route::Health => self.health().open(),
        };
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
        self.traces += 1;
        format!("sandbox-{:08}", self.traces)
    }
}

/// The routes of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route<'a> {
    Graph { version: &'a str, dataset_id: &'a str },
    Pixel,
    Events,
    Fault,
    Health,
}

impl<'a> Route<'a> {
    /// The list of routes, for people who requested another path.
    const LIST: [&'static str; 8] = [
        "POST /{version}/{dataset}/events",
        "GET, POST /tr",
        "GET /api/events?event_name=&dataset_id=&event_id=&limit=",
        "DELETE /api/events",
        "GET /api/fault",
        "PUT /api/fault {\"status\":500,\"times\":3}",
        "DELETE /api/fault",
        "GET /api/health",
    ];

    fn of(path: &'a str) -> Option<Self> {
        match path {
            "/tr" | "/tr/" => Some(Self::Pixel),
            "/api/events" => Some(Self::Events),
            "/api/fault" => Some(Self::Fault),
            "/api/health" => Some(Self::Health),
            _ => {
                let mut parts = path.strip_prefix('/')?.split('/');
                let (version, dataset_id) = (parts.next()?, parts.next()?);
                let edge = parts.next()? == "events"
                    && matches!(parts.next(), None | Some(""))
                    && parts.next().is_none();
                (edge && is_version(version)).then_some(Self::Graph { version, dataset_id })
            }
        }
    }

    fn methods(self) -> &'static str {
        match self {
            Self::Graph { .. } => "POST",
            Self::Pixel => "GET, POST",
            Self::Events => "GET, DELETE",
            Self::Fault => "GET, PUT, DELETE",
            Self::Health => "GET",
        }
    }

    fn is_api(self) -> bool {
        matches!(self, Self::Events | Self::Fault | Self::Health)
    }
}

/// Returns true for a version such as `v27.0`: a `v`, digits, and optionally a dot and more digits.
fn is_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let Some(number) = text.strip_prefix('v') else { return false };
    match number.split_once('.') {
        Some((major, minor)) => digits(major) && digits(minor),
        None => digits(number),
    }
}
