//! The facts about the site that the door and the documents share: the address that the visitor
//! sees, the consent cookie, and the cookies that the worker writes.

mod address;
mod consent;
mod cookies;
pub(in crate::relay) mod forwarded;

pub(in crate::relay) use address::{RequestAddress, authority};
pub(in crate::relay) use cookies::{TimeCookie, set_cookies};
