//! The routes of the sandbox.

/// A route, from a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Graph { version: &'a str, dataset_id: &'a str },
    Pixel,
    Events,
    Fault,
    Clock,
    Known,
    Ids,
    CheckPair,
    Health,
}

impl<'a> Route<'a> {
    /// The list of routes, for people who requested another path.
    pub(super) const LIST: [&'static str; 13] = [
        "POST /{version}/{dataset}/events",
        "GET, POST /tr",
        "GET /api/events?event_name=&dataset_id=&event_id=&limit=",
        "DELETE /api/events?dataset_id=",
        "POST /api/check-pair {\"browser\":{…},\"server\":{…}}",
        "GET, DELETE /api/fault",
        "PUT /api/fault {\"status\":500,\"times\":3}",
        "GET, DELETE /api/clock",
        "PUT /api/clock {\"advance_seconds\":3600}",
        "GET, DELETE /api/known",
        "PUT /api/known {\"datasets\":[\"1234567890\"],\"tokens\":[\"…\"]}",
        "PUT /api/ids {\"start\":1}",
        "GET /api/health",
    ];

    pub(super) fn of(path: &'a str) -> Option<Self> {
        match path {
            "/tr" | "/tr/" => Some(Self::Pixel),
            "/api/events" => Some(Self::Events),
            "/api/fault" => Some(Self::Fault),
            "/api/clock" => Some(Self::Clock),
            "/api/known" => Some(Self::Known),
            "/api/ids" => Some(Self::Ids),
            "/api/check-pair" => Some(Self::CheckPair),
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

    pub(super) fn methods(self) -> &'static str {
        match self {
            Self::Graph { .. } | Self::CheckPair => "POST",
            Self::Pixel => "GET, POST",
            Self::Events => "GET, DELETE",
            Self::Fault | Self::Clock | Self::Known => "GET, PUT, DELETE",
            Self::Ids => "PUT",
            Self::Health => "GET",
        }
    }

    pub(super) fn is_api(self) -> bool {
        !matches!(self, Self::Graph { .. } | Self::Pixel)
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
