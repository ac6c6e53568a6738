//! Answers failures of the worker itself, in the shape that the sender reads.

use serde_json::json;

use super::answer::{Answer, Refusal};
use super::source::{Shape, path_and_query};
use crate::event::Problem;
use crate::relay::config::{Config, ConfigError};
use crate::sources::NoEntropy;

/// The code of a failure because a secret of senders cannot be used.
const UNUSABLE_SECRET: &str = "unusable_secret";

/// The code of a refusal because nothing answers at the path.
const NOT_FOUND: &str = "not_found";

/// A failure of the worker itself on a request.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The status.
    pub status: u16,
    /// A name for programs.
    pub code: &'a str,
    /// A sentence for a person.
    pub message: &'a str,
    /// The seconds after which the sender should retry.
    pub retry_after_seconds: Option<u64>,
}

impl<'a> Failure<'a> {
    /// Returns the failure of a worker with a secret that cannot be used. `message` names the
    /// secret.
    pub(super) fn unusable_secret(message: &'a str) -> Self {
        Self { status: 500, code: UNUSABLE_SECRET, message, retry_after_seconds: None }
    }
}

impl Failure<'_> {
    /// Returns the answer by the path alone, for a worker that has no relay. Returns `None` if no
    /// source has such a path.
    ///
    /// # Errors
    /// Returns [`NoEntropy`] if there was no entropy for a trace id.
    pub fn answer(
        &self,
        url: &str,
        entropy: &mut dyn FnMut() -> Option<[u8; 16]>,
    ) -> Result<Option<Answer>, NoEntropy> {
        let (path, _) = path_and_query(url);
        Shape::of_path(path).map(|shape| shape.answer(&self.refusal(), entropy)).transpose()
    }

    /// Returns the code, or `bridge_failed` for an unknown one. Failures are counted by code, so
    /// the codes are a fixed set.
    pub(super) fn code(&self) -> &'static str {
        let known = [
            "bridge_failed",
            "undelivered",
            "outbox_full",
            NOT_FOUND,
            "not_stored",
            UNUSABLE_SECRET,
        ];
        known.into_iter().find(|code| *code == self.code).unwrap_or("bridge_failed")
    }

    pub(super) fn refusal(&self) -> Refusal {
        Refusal {
            retry_after_seconds: self.retry_after_seconds,
            ..Refusal::new(self.status, Problem::refused(self.code(), "", self.message))
        }
    }
}

/// Returns true if the door answers a path, whatever the secrets are: a path below the base, of the
/// Graph API or of Segment. Any other path is the site's.
pub(super) fn is_of_door(config: &Config, path: &str) -> bool {
    match Shape::of_path(path) {
        Some(Shape::Events | Shape::Webhook) => is_below_base(config, path),
        Some(Shape::Graph | Shape::Segment) => true,
        None => false,
    }
}

/// Returns true if a path is below the base. The worker answers all such paths itself.
pub(super) fn is_below_base(config: &Config, path: &str) -> bool {
    path.strip_prefix(config.base.as_str()).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns the refusal of a path with the version of the Graph API that is not the one for events.
pub(super) fn no_such_graph_path(path: &str) -> Refusal {
    let message =
        format!("nothing answers at {path}: expected POST /<version>/<dataset id>/events");
    Refusal::new(404, Problem::refused(NOT_FOUND, "", message))
}

/// Returns the answer for a path that nothing answers. It lists the paths of the worker.
pub(super) fn no_such_path(base: &str, path: &str) -> Answer {
    let routes = [
        format!("POST {base}/events"),
        format!("GET {base}/capi-bridge.js"),
        format!("GET {base}/health"),
        format!("GET {base}/status"),
        format!("POST {base}/replay"),
        "POST /<version>/<dataset id>/events".to_owned(),
        "POST /v1/{track,page,identify,screen,group,alias,batch}, where a write key of Segment's is set".to_owned(),
        format!("POST {base}/segment/webhook"),
        format!("POST {base}/webhooks/{{woocommerce,shopify,stripe}}, or a name in \"webhooks\""),
    ];
    let body = json!({ "error": format!("nothing answers at {path}"), "routes": routes });
    Answer { refused: vec![NOT_FOUND], ..Answer::json(404, body) }
}

/// Returns the alarm about a secret that cannot be used. It names the secret and not its value.
#[must_use]
pub fn secret_alarm(error: &ConfigError) -> String {
    format!("{error}; until it is corrected, every post with events gets 500")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::door::{Admission, Door, DoorSecrets, Head, Moment, Place};

    const ORIGIN: &str = "https://shop.example";

    /// Runs `decide` on the head of a request of a page. Returns its result and the counts.
    fn asked<T>(
        method: &str,
        path: &str,
        origin: &str,
        decide: impl FnOnce(&mut Door, &mut Moment<'_>, &Head<'_>) -> Result<T, NoEntropy>,
    ) -> (T, Vec<(&'static str, u64)>) {
        let config =
            Config::read(r#"{"datasets":["1"],"allowedOrigins":["https://shop.example"]}"#)
                .unwrap();
        let (secrets, entropy) = (DoorSecrets::default(), &mut || Some([7; 16]));
        let mut moment = Moment { config: &config, secrets: &secrets, now_millis: 0, entropy };
        let url = format!("https://bridge.example{path}");
        let header = |name: &str| (name == "origin").then(|| origin.to_owned());
        let place = Place::default();
        let head = Head { method, url: &url, header: &header, peer: None, place };
        let mut door = Door::default();
        let result = decide(&mut door, &mut moment, &head).unwrap();
        (result, door.refusals().take().into_iter().collect())
    }

    fn is_readable(answer: &Answer) -> bool {
        answer.headers.contains(&("access-control-allow-origin", ORIGIN.to_owned()))
    }

    #[test]
    fn a_path_below_the_base_that_nothing_answers_is_counted_and_readable() {
        for (path, counts) in [
            ("/bridge/evnts", &[("not_found", 1)][..]),
            ("/bridge/", &[("not_found", 1)]),
            ("/bridge/v1/track", &[("not_found", 1)]),
            ("/favicon.ico", &[]),
            ("/bridges", &[]),
        ] {
            let (answer, counted) = asked("POST", path, ORIGIN, Door::not_found);
            assert_eq!((answer.status, &counted[..]), (404, counts), "{path}");
            assert!(is_readable(&answer), "{path}");
            assert_eq!(answer.body["error"], format!("nothing answers at {path}"));
        }
        let (answer, counted) = asked("POST", "/v26.0/my-pixel/events", ORIGIN, Door::not_found);
        assert_eq!((answer.status, &counted[..]), (404, &[("not_found", 1)][..]));
        assert!(answer.body["error"]["message"].is_string());
    }

    #[test]
    fn a_refused_preflight_is_counted() {
        for (origin, status, counts) in
            [(ORIGIN, 204, &[][..]), ("https://evil.example", 403, &[("origin_not_allowed", 1)])]
        {
            let (admission, counted) = asked("OPTIONS", "/bridge/events", origin, Door::admit);
            let Admission::Answer(answer) = admission else { unreachable!("expected an answer") };
            assert_eq!((answer.status, &counted[..]), (status, counts));
        }
    }

    #[test]
    fn a_secret_that_cannot_be_used_refuses_posts_by_its_name_and_not_the_site() {
        let config = Config::read(r#"{"datasets":["1"],"allowedOrigins":[]}"#).unwrap();
        let key = "0123456789abcdef0123456789abcdef";
        let named = [("BRIDGE_KEY", key), ("SEGMENT_WRITE_KEY_7", "hunter2")];
        let (secrets, error) = DoorSecrets::read_usable(&config, named);
        assert!(secrets.keys.has(key));
        let error = error.unwrap();
        assert!(secret_alarm(&error).contains("SEGMENT_WRITE_KEY_7: "));
        let message = error.to_string();
        for path in ["/bridge/events", "/v26.0/1/events", "/v1/track", "/bridge/v1/track"] {
            let (answer, counted) = asked("POST", path, ORIGIN, |door, moment, head| {
                door.unusable_secret(moment, head, &message)
            });
            let answer = answer.unwrap();
            assert_eq!((answer.status, &counted[..]), (500, &[("unusable_secret", 1)][..]));
            assert_eq!(is_readable(&answer), !path.starts_with("/v26.0"), "{path}");
            let text = answer.body.to_string();
            assert!(text.contains("SEGMENT_WRITE_KEY_7") && !text.contains("hunter2"), "{text}");
        }
        for path in ["/", "/events", "/shop/events", "/bridge/health"] {
            let (answer, counted) = asked("POST", path, ORIGIN, |door, moment, head| {
                door.unusable_secret(moment, head, &message)
            });
            assert!(answer.is_none() && counted.is_empty(), "{path}");
        }
    }
}
