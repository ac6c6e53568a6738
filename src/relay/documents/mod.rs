//! The site's own documents, where the worker stands before the site: the request that goes on to the
//! origin, and what is added to its answer (cookies, the script tag).
//!
//! The document always arrives. Where a decision fails, the origin's answer goes on as it is.

mod caching;
mod changes;
mod consent;
mod cookies;
mod forwarded;
mod forwarding;
mod host;
mod links;
mod request;
mod response;
mod script;

use std::borrow::Cow;

use crate::relay::config::{
    ConsentCookie, Cookies, Origin, ScriptConsent, ScriptPixel, ScriptPrivacy,
};
pub use changes::{DocumentChanges, document_changes};
pub use consent::asks_callback;
pub use forwarding::{Forwarding, forwarding};
pub use host::host_problem;
pub use links::{Address, Resolve};
pub use request::DocumentRequest;
pub use response::DocumentResponse;
pub use script::script_tag;

/// A header to be set, or with `None` removed.
pub type HeaderChange = (Cow<'static, str>, Option<String>);
