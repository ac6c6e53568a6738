//! Decides if a visitor's documents may carry cookies.

use super::{Cookies, DocumentRequest};
use crate::relay::Config;

/// Returns true if the host must ask its own consent function about this request.
#[must_use]
pub fn asks_callback(config: &Config, request: &DocumentRequest<'_>) -> bool {
    config.documents.cookies == Cookies::Callback
        && request.is_navigation()
        && !request.has_global_privacy_control()
}

/// Returns true if identifiers may be read and written. `callback` is the answer of the host's own
/// consent function.
///
/// Global Privacy Control denies consent, and nothing overrides it.
pub(super) fn is_granted(
    config: &Config,
    request: &DocumentRequest<'_>,
    callback: Option<bool>,
) -> bool {
    if request.has_global_privacy_control() {
        return false;
    }
    match config.documents.cookies {
        Cookies::Off => false,
        Cookies::Granted => true,
        Cookies::Callback => callback == Some(true),
        Cookies::ConsentCookie => config
            .documents
            .consent_cookie
            .as_ref()
            .is_some_and(|consent| consent.says_yes(&request.header("cookie"))),
    }
}
