//! Finds the source of a request by its path, and the shape of answer that its sender reads.

use super::answer::{Answer, Refusal};
use super::graph_answer;
use super::segment::{self, SegmentCall, SegmentSecrets};
use super::webhook::{self, WebhookCall};
use crate::relay::config::Config;
use crate::sources::NoEntropy;

/// The source of a request with events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// `{base}/events`: pages and servers, in Meta's shape of an event.
    Events,
    /// `/{version}/{dataset}/events`: clients of the Graph API.
    Graph { dataset_id: String },
    /// `/v1/…`, at the root as Segment has it or below the base, and `{base}/segment/webhook`.
    Segment(SegmentCall),
    /// `{base}/webhooks/…`: shops, payment providers and other senders that sign.
    Webhook(WebhookCall),
}

/// The shape of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Events,
    Graph,
    Segment,
    Webhook,
}

impl Source {
    /// Returns the source of a path, or `None` if the path is not the door's. Segment's paths are
    /// the door's only if a key of Segment's is set, because a site may have its own `/v1/`.
    pub(super) fn of_path(config: &Config, secrets: &SegmentSecrets, path: &str) -> Option<Self> {
        let below_base = path.strip_prefix(config.base.as_str());
        if below_base == Some("/events") {
            return Some(Self::Events);
        }
        if let Some(name) = below_base.and_then(|rest| rest.strip_prefix("/webhooks/")) {
            return WebhookCall::from_path(config, name).map(Self::Webhook);
        }
        if let Some(dataset_id) = graph_dataset(path) {
            return Some(Self::Graph { dataset_id: dataset_id.to_owned() });
        }
        if !secrets.are_set(config) {
            return None;
        }
        if below_base == Some("/segment/webhook") {
            return Some(Self::Segment(SegmentCall::Webhook(None)));
        }
        let below_base = below_base.filter(|rest| rest.starts_with('/'));
        let name = below_base.unwrap_or(path).strip_prefix("/v1/")?;
        SegmentCall::from_path(name.strip_suffix('/').unwrap_or(name)).map(Self::Segment)
    }

    pub(super) fn shape(&self) -> Shape {
        match self {
            Self::Events => Shape::Events,
            Self::Graph { .. } => Shape::Graph,
            Self::Segment(_) => Shape::Segment,
            Self::Webhook(_) => Shape::Webhook,
        }
    }

    /// Returns the methods of the path, as `Allow` lists them.
    pub(super) fn methods(&self) -> &'static str {
        match self {
            Self::Graph { .. } | Self::Webhook(_) => "POST",
            Self::Events | Self::Segment(_) => "POST, OPTIONS",
        }
    }
}

impl Shape {
    /// Returns the shape that the senders of a path read. It needs no configuration, so it also
    /// serves errors that happen before the configuration is known.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        if graph_version(path).is_some() {
            return Some(Self::Graph);
        }
        if path
            .rsplit_once("/webhooks/")
            .is_some_and(|(_, name)| !name.is_empty() && !name.contains('/'))
        {
            return Some(Self::Webhook);
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        let last = path.rsplit_once("/v1/").map(|(_, name)| name);
        if last.is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())
        }) || path.ends_with("/segment/webhook")
        {
            return Some(Self::Segment);
        }
        path.ends_with("/events").then_some(Self::Events)
    }

    /// Returns true if pages may send in this shape. Browsers then ask by a CORS preflight, and a page
    /// of an allowed origin may read the answers.
    pub(super) fn is_for_pages(self) -> bool {
        matches!(self, Self::Events | Self::Segment)
    }

    pub(super) fn answer(
        self,
        refusal: &Refusal,
        entropy: &mut dyn FnMut() -> Option<[u8; 16]>,
    ) -> Result<Answer, NoEntropy> {
        Ok(match self {
            Self::Events => Answer::of_events(refusal),
            Self::Graph => graph_answer::of_request(refusal, &trace_id(entropy)?),
            Self::Segment => segment::of_request(refusal),
            Self::Webhook => webhook::of_request(refusal),
        })
    }
}

/// Makes a trace id in the form of Meta's answers.
pub(super) fn trace_id(entropy: &mut dyn FnMut() -> Option<[u8; 16]>) -> Result<String, NoEntropy> {
    Ok(entropy().ok_or(NoEntropy)?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Returns the path and the query of a URL, without its scheme and host.
pub(super) fn path_and_query(url: &str) -> (&str, &str) {
    let address = url.split_once('#').map_or(url, |(address, _)| address);
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => address,
    };
    (path, query)
}

/// Returns the rest of a path after the version: `/v26.0/…`.
fn graph_version(path: &str) -> Option<&str> {
    let (version, rest) = path.strip_prefix("/v")?.split_once('/')?;
    let (major, minor) = version.split_once('.')?;
    [major, minor].into_iter().all(are_digits).then_some(rest)
}

fn graph_dataset(path: &str) -> Option<&str> {
    let rest = graph_version(path)?;
    let dataset_id = rest.strip_suffix('/').unwrap_or(rest).strip_suffix("/events")?;
    are_digits(dataset_id).then_some(dataset_id)
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<Source> {
        let config = Config::read(
            r#"{"datasets":["1"],"allowedOrigins":[],"segment":{"pages":[{"writeKey":"k"}]}}"#,
        )
        .unwrap();
        Source::of_path(&config, &SegmentSecrets::default(), path)
    }

    #[test]
    fn a_path_is_of_one_source_or_of_none() {
        let graph = |id: &str| Some(Source::Graph { dataset_id: id.to_owned() });
        assert_eq!(of("/bridge/events"), Some(Source::Events));
        assert_eq!(of("/v26.0/1234567890/events"), graph("1234567890"));
        assert_eq!(of("/v3.10/7/events/"), graph("7"));
        for path in ["/v1/batch", "/v1/b/", "/bridge/v1/import"] {
            assert_eq!(of(path), Some(Source::Segment(SegmentCall::Batch)), "{path}");
        }
        let webhook = Some(Source::Segment(SegmentCall::Webhook(None)));
        assert_eq!(of("/bridge/segment/webhook"), webhook);
        for path in [
            "/",
            "",
            "/events",
            "/bridge/events/x",
            "/bridgev1/batch",
            "/v26.0/my-pixel/events",
            "/v26/1/events",
            "/v26.0/1/events/x",
            "/v1/",
            "/v1/webhook",
            "/v1/nothing",
            "/v26.0//events",
            "/bridge/status",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
    }

    #[test]
    fn an_address_has_its_path_without_host_and_query() {
        for (url, expected) in [
            ("https://shop.example/bridge/events?a=b#c", ("/bridge/events", "a=b")),
            ("http://127.0.0.1:8787/v26.0/1/events", ("/v26.0/1/events", "")),
            ("https://shop.example?x", ("/", "x")),
            ("https://shop.example/a?next=http://b/c", ("/a", "next=http://b/c")),
            ("/bridge/events", ("/bridge/events", "")),
        ] {
            assert_eq!(path_and_query(url), expected, "{url}");
        }
    }
}
