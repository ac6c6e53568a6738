//! Defines the contents of a row: who was in the browser for an order.

use serde::{Deserialize, Serialize};

use super::vault::OrderKey;
use crate::relay::config::MAX_ORDER_ROW_BYTES;

/// The version of the layout on disk.
const VERSION: u8 = 1;
/// The maximum number of event ids of one visitor for one order. A Purchase has one, and other
/// events may name the order too.
const MAX_EVENTS: usize = 4;

/// A visitor, as far as an order's events told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::relay::outbox) struct Visitor {
    pub(in crate::relay::outbox) fbp: Option<String>,
    pub(in crate::relay::outbox) fbc: Option<String>,
    /// The IP address, as text.
    pub(in crate::relay::outbox) ip: Option<String>,
    pub(in crate::relay::outbox) user_agent: Option<String>,
    /// The address of the page.
    pub(in crate::relay::outbox) page: Option<String>,
    /// Hashed external ids. Only servers name them.
    pub(in crate::relay::outbox) external_ids: Vec<String>,
    /// The names and ids of the visitor's events for the order.
    pub(in crate::relay::outbox) events: Vec<(String, String)>,
    /// The rows with the same visitor and order. A withdrawal deletes them all.
    pub(in crate::relay::outbox) rows: Vec<OrderKey>,
    /// True if two visitors had the same proof. The row then has no visitor.
    pub(in crate::relay::outbox) is_ambiguous: bool,
}

impl Visitor {
    /// Returns the mark of a row for which two visitors have the same proof.
    pub(in crate::relay::outbox) fn ambiguous() -> Self {
        Self { is_ambiguous: true, ..Self::default() }
    }

    /// Returns true if the visitor has a field that an event can get.
    pub(in crate::relay::outbox) fn is_known(&self) -> bool {
        self.fbp.is_some() || self.fbc.is_some() || self.ip.is_some() || self.user_agent.is_some()
    }

    /// Returns true if both cannot be the same visitor: another `fbp`, or another user agent if
    /// one of them has no `fbp`.
    pub(in crate::relay::outbox) fn contradicts(&self, other: &Self) -> bool {
        let differs = |one: &Option<String>, two: &Option<String>| {
            one.is_some() && two.is_some() && one != two
        };
        let has_both = self.fbp.is_some() && other.fbp.is_some();
        differs(&self.fbp, &other.fbp) || !has_both && differs(&self.user_agent, &other.user_agent)
    }

    /// Adds the fields that only the other one has. Both are the same visitor.
    pub(in crate::relay::outbox) fn add(&mut self, other: Self) {
        let fill = |own: &mut Option<String>, value: Option<String>| {
            if own.is_none() {
                *own = value;
            }
        };
        fill(&mut self.fbp, other.fbp);
        fill(&mut self.fbc, other.fbc);
        fill(&mut self.ip, other.ip);
        fill(&mut self.user_agent, other.user_agent);
        fill(&mut self.page, other.page);
        if self.external_ids.is_empty() {
            self.external_ids = other.external_ids;
        }
        for (name, id) in other.events {
            let is_new = self.event_id(&name).is_none();
            if is_new && self.events.len() < MAX_EVENTS {
                self.events.push((name, id));
            }
        }
        for row in other.rows {
            if !self.rows.contains(&row) {
                self.rows.push(row);
            }
        }
    }

    /// Returns the id of the visitor's event with this name.
    pub(in crate::relay::outbox) fn event_id(&self, event_name: &str) -> Option<&str> {
        self.events.iter().find(|(name, _)| name == event_name).map(|(_, id)| id.as_str())
    }

    /// Encodes the visitor. Leaves out the page, then the user agent, if it is too large. Returns
    /// `None` if it is still too large.
    pub(in crate::relay::outbox) fn encode(&self) -> Option<Vec<u8>> {
        let without_page = || Self { page: None, ..self.clone() };
        let without_agent = || Self { user_agent: None, ..without_page() };
        let all: [&dyn Fn() -> Self; 3] = [&|| self.clone(), &without_page, &without_agent];
        all.iter().find_map(|make| {
            let mut bytes = vec![VERSION];
            // Serialising these types into memory cannot fail.
            bytes.extend(postcard::to_allocvec(&make()).unwrap_or_default());
            (bytes.len() <= MAX_ORDER_ROW_BYTES).then_some(bytes)
        })
    }

    /// Decodes a visitor. Returns `None` if another version wrote the bytes.
    pub(in crate::relay::outbox) fn decode(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&[VERSION])?;
        postcard::from_bytes(rest).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn another_browser_id_is_another_visitor() {
        let of = |fbp: Option<&str>, agent: Option<&str>| Visitor {
            fbp: fbp.map(str::to_owned),
            user_agent: agent.map(str::to_owned),
            ..Visitor::default()
        };
        assert!(of(Some("a"), None).contradicts(&of(Some("b"), None)));
        // A browser that was updated keeps its `fbp`.
        assert!(!of(Some("a"), Some("M/1")).contradicts(&of(Some("a"), Some("M/2"))));
        assert!(of(Some("a"), Some("M/1")).contradicts(&of(None, Some("M/2"))));
        assert!(!of(Some("a"), Some("M/1")).contradicts(&of(None, Some("M/1"))));
    }

    #[test]
    fn the_first_of_two_values_stays() {
        let mut first = Visitor {
            fbp: some("a"),
            events: vec![("P".into(), "1".into())],
            ..Visitor::default()
        };
        first.add(Visitor {
            fbp: some("a"),
            fbc: some("c"),
            events: vec![("P".into(), "2".into()), ("Q".into(), "3".into())],
            ..Visitor::default()
        });
        assert_eq!((first.fbc.as_deref(), first.event_id("P")), (Some("c"), Some("1")));
        assert_eq!(first.event_id("Q"), Some("3"));
    }

    #[test]
    fn a_visitor_that_is_too_large_loses_its_page_first() {
        let long = Visitor {
            fbp: some("fb.1.1.1"),
            user_agent: some("M"),
            page: some(&"p".repeat(2_100)),
            ..Visitor::default()
        };
        let kept = Visitor::decode(&long.encode().unwrap()).unwrap();
        assert_eq!(kept, Visitor { page: None, ..long });
        let larger = Visitor { fbc: some(&"c".repeat(2_100)), ..Visitor::default() };
        assert_eq!(larger.encode(), None);
    }
}
