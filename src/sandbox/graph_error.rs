//! The error object of the Graph API. Source: `http-api.md` section 3.

use serde::Serialize;

use super::{Response, version};
use crate::event::Problem;

/// An error as Meta writes it, and its HTTP status.
#[derive(Debug, Clone, Serialize)]
pub(super) struct GraphError {
    #[serde(skip)]
    pub status: u16,
    message: String,
    /// The type, which is the same at Meta for almost every error, also for invalid payloads.
    #[serde(rename = "type")]
    kind: &'static str,
    code: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_subcode: Option<u32>,
    is_transient: bool,
    error_user_title: &'static str,
    error_user_msg: String,
    fbtrace_id: String,
}

/// The reason why an event is invalid. The whole request is refused for it.
#[derive(Debug)]
pub(super) struct Invalid {
    subcode: u32,
    /// The path of the wrong field: `data[0].custom_data.value`.
    path: String,
    /// A sentence that says what was expected and what to do.
    sentence: String,
}

/// The sentence about an error that a tester asked for.
const FAULT: &str = "Asked for through PUT /api/fault; nothing was stored.";

/// The subcodes of code 100 for the sandbox's own checks. The rules have their own.
pub(super) mod subcode {
    pub const TOO_OLD: u32 = 2_804_003;
    pub const IN_THE_FUTURE: u32 = 2_804_004;
    /// The generic subcode, for errors without a subcode in any source.
    pub const INVALID_PARAMETER: u32 = 2_804_019;
    pub const CUSTOMER_INFORMATION: u32 = 2_804_050;
}

/// Returns the title of a subcode. The titles of 2804003, 2804009 and 2804010 were captured from
/// Meta; the others are similar.
fn title(subcode: u32) -> &'static str {
    match subcode {
        subcode::TOO_OLD => "Event Timestamp Too Old",
        subcode::IN_THE_FUTURE => "Event Timestamp in the Future",
        2_804_008 => "Missing Id in Contents",
        2_804_009 => "Missing Value for Purchase Event",
        2_804_010 => "Missing Currency for Purchase Event",
        2_804_023 => "Missing Currency for Value",
        2_804_036 => "Invalid Lead Id",
        2_804_043 => "Missing OS Version",
        subcode::CUSTOMER_INFORMATION => "Not Enough Customer Information",
        2_804_066 => "Event Name Not Accepted for Business Messaging",
        2_804_069 | 2_804_079 | 2_804_087 | 2_804_116 => "Missing Business Messaging Id",
        _ => "Invalid Parameter",
    }
}

impl Invalid {
    pub(super) fn new(subcode: u32, path: String, sentence: impl Into<String>) -> Self {
        Self { subcode, path, sentence: sentence.into() }
    }

    /// Returns the path of the wrong field, and what was expected.
    pub(super) fn told(&self) -> (&str, &str) {
        (&self.path, &self.sentence)
    }

    /// Converts a problem for which the event is refused.
    pub(super) fn of(problem: Problem) -> Self {
        let Problem { error_subcode, path, message, .. } = problem;
        Self::new(error_subcode.unwrap_or(subcode::INVALID_PARAMETER), path, message)
    }
}

impl GraphError {
    /// Returns the answer with this error.
    pub(super) fn answer(&self) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'a GraphError,
        }
        Response::json(self.status, &Body { error: self })
    }

    /// Returns the error for one invalid event. All events of the request are refused.
    pub(super) fn invalid(invalid: Invalid, trace: &str) -> Self {
        Self {
            error_subcode: Some(invalid.subcode),
            error_user_title: title(invalid.subcode),
            error_user_msg: format!("{}: {}", invalid.path, invalid.sentence),
            ..Self::plain(400, 100, "Invalid parameter", trace)
        }
    }

    /// Returns the error for a request that cannot be read. No source gives a subcode.
    pub(super) fn unreadable(sentence: &str, trace: &str) -> Self {
        Self::told(
            Self::plain(400, 100, "(#100) Invalid parameter", trace),
            "Invalid Request",
            sentence,
        )
    }

    pub(super) fn no_token(trace: &str) -> Self {
        let message =
            "An active access token must be used to query information about the current user.";
        let sentence = "Send the access token as `Authorization: Bearer …`, or as access_token in query or body. \
                        The sandbox takes any.";
        Self::told(Self::plain(400, 2500, message, trace), "Access Token Missing", sentence)
    }

    pub(super) fn malformed_token(trace: &str) -> Self {
        let message = "Invalid OAuth access token - Cannot parse access token";
        let sentence = "The access token holds characters that no token has, such as spaces or quotation marks.";
        Self::told(Self::plain(401, 190, message, trace), "Access Token Invalid", sentence)
    }

    pub(super) fn no_such_dataset(trace: &str) -> Self {
        let message = "Unsupported post request. The object does not exist, cannot be loaded due to missing \
                       permissions, or does not support this operation";
        let error = Self { error_subcode: Some(33), ..Self::plain(400, 100, message, trace) };
        Self::told(
            error,
            "Dataset Not Found",
            "A dataset id is digits only, and one of those that PUT /api/known names, if it names any: \
             POST /v27.0/1234567890/events.",
        )
    }

    /// Returns the error for a token that is not one of those that exist.
    pub(super) fn unknown_token(trace: &str) -> Self {
        let message = "Invalid OAuth access token - Cannot parse access token";
        let sentence = "The access token is none of those that PUT /api/known names.";
        Self::told(Self::plain(401, 190, message, trace), "Access Token Invalid", sentence)
    }

    /// Returns the error for a token that has expired: subcode 463.
    pub(super) fn expired_token(status: u16, trace: &str) -> Self {
        let message = "Error validating access token: Session has expired.";
        let error = Self { error_subcode: Some(463), ..Self::plain(status, 190, message, trace) };
        Self::told(error, "Access Token Expired", FAULT)
    }

    /// Returns the error for too many calls: the use case of ads management, to which the
    /// Conversions API belongs.
    pub(super) fn rate_limit(status: u16, trace: &str) -> Self {
        let message =
            "(#80004) There have been too many calls to this ad-account. Wait a bit and try again.";
        let error = Self { is_transient: true, ..Self::plain(status, 80_004, message, trace) };
        Self::told(error, "Rate Limit Reached", FAULT)
    }

    /// Returns the error for a version that Meta no longer serves.
    pub(super) fn ended_version(trace: &str) -> Self {
        let newest = version::NEWEST;
        let message = format!(
            "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: \
             v{newest}.0."
        );
        let sentence = format!("Meta has ended this version of the Graph API; use v{newest}.0.");
        Self::told(Self::plain(400, 2635, message, trace), "Version Ended", &sentence)
    }

    /// Returns the error for a version that Meta never had.
    pub(super) fn unknown_version(version: &str, trace: &str) -> Self {
        let newest = version::NEWEST;
        let message = format!("Unknown path components: /{}", super::response::shortened(version));
        let sentence = format!("Meta has no such version of the Graph API; use v{newest}.0.");
        Self::told(Self::plain(400, 2500, message, trace), "Version Not Found", &sentence)
    }

    /// Returns the error that Meta would most likely send with this status, for a requested fault.
    pub(super) fn fault(status: u16, trace: &str) -> Self {
        let (code, message) = match status {
            401 => (190, "Error validating access token"),
            403 => (200, "(#200) Permissions error"),
            429 => (4, "(#4) Application request limit reached"),
            400..=499 => (100, "Invalid parameter"),
            _ => (2, "Service temporarily unavailable"),
        };
        let error = Self {
            is_transient: matches!(code, 2 | 4),
            ..Self::plain(status, code, message, trace)
        };
        Self::told(error, "Fault of the Sandbox", FAULT)
    }

    fn told(self, title: &'static str, sentence: &str) -> Self {
        Self { error_user_title: title, error_user_msg: sentence.to_owned(), ..self }
    }

    fn plain(status: u16, code: u32, message: impl Into<String>, trace: &str) -> Self {
        Self {
            status,
            message: message.into(),
            kind: "OAuthException",
            code,
            error_subcode: None,
            is_transient: false,
            error_user_title: "",
            error_user_msg: String::new(),
            fbtrace_id: trace.to_owned(),
        }
    }
}
