//! Browser identifiers: cookies, `fbp`, `fbc`, click ids, cookie domains, event ids, client
//! addresses.
//!
//! All functions depend only on their arguments. The caller passes in the time and the random
//! bytes, and writes the cookies that are returned. So a browser and an edge worker that see the
//! same visit compute the same bytes.
//!
//! ```
//! use capi_bridge::identifiers::{CookieDomain, Visit};
//!
//! let domain = CookieDomain::probed("www.example.com", Some("example.com"));
//! let found = Visit {
//!     url: "https://www.example.com/?fbclid=IwAR2AbC_dEf-123",
//!     referrer: "",
//!     in_app_click: "",
//!     cookies: "",
//!     domain: &domain,
//!     https: true,
//!     now_millis: 1_700_000_000_000,
//!     last_written_millis: None,
//!     mint: Some([0x3f, 0xff, 0xff, 0xff]),
//! }
//! .identifiers();
//!
//! assert_eq!(found.fbp.unwrap().as_str(), "fb.1.1700000000000.1073741823");
//! assert_eq!(found.fbc.unwrap().as_str(), "fb.1.1700000000000.IwAR2AbC_dEf-123");
//! assert_eq!(
//!     found.cookies_to_set[0].serialize(),
//!     "_fbp=fb.1.1700000000000.1073741823; Path=/; Domain=example.com; Max-Age=7776000; SameSite=Lax; Secure",
//! );
//! ```
//!
//! It does *not* ask for consent (before consent, do not call it), never writes Meta's appendix,
//! and never reads the parameter builder's `_fbi` cookie, because a page must not choose the
//! client's address.
//!
//! The rules and the decisions behind them are in `docs/identifiers.md`.

mod click_id;
mod client_ip;
mod cookie_domain;
mod cookie_header;
mod cookie_to_set;
mod decimal;
mod event_id;
mod fbc;
mod fbp;
mod host;
mod pieces;
mod public_address;
mod reason;
mod segments;
mod text;
mod visit;

pub use click_id::ClickId;
pub use client_ip::{ClientIpOptions, HopsHeader, client_ip};
pub use cookie_domain::CookieDomain;
pub use cookie_header::cookie;
pub use cookie_to_set::CookieToSet;
pub use event_id::EventId;
pub use fbc::Fbc;
pub use fbp::Fbp;
#[cfg(any(feature = "browser", feature = "core"))]
pub(crate) use pieces::take;
pub use reason::Reason;
pub use visit::{Identifiers, Visit};
