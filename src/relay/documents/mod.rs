//! Decides about the site's own documents if the worker stands in front of the site: the request
//! that goes on to the origin, and the cookies and the script tag that are added to its answer.
//!
//! The visitor always gets the document. If a decision fails, the origin's answer goes on
//! unchanged.

mod caching;
mod changes;
mod consent;
mod cookies;
mod forwarding;
mod host;
mod links;
mod request;
mod response;
mod script;

use std::borrow::Cow;

use crate::relay::config::{Cookies, Origin, ScriptConsent, ScriptPixel, ScriptPrivacy};
pub use changes::{DocumentChanges, document_changes};
pub use consent::asks_callback;
pub use forwarding::{Forwarding, forwarding};
pub use host::host_problem;
pub use links::{Address, Resolve};
pub use request::DocumentRequest;
pub use response::DocumentResponse;
pub use script::script_tag;

/// A header to set, or to remove if the value is `None`.
pub type HeaderChange = (Cow<'static, str>, Option<String>);
