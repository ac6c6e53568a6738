//! The event id that the browser's and the server's copy of an event share.

use crate::sha256;

use super::{
    Reason,
    click_id::{has_control, is_longer_than},
    text::push_ascii,
};

const LONGEST: usize = 256;

/// An event id: what Meta deduplicates by, together with the event name.
///
/// ```
/// use capi_bridge::identifiers::EventId;
///
/// assert_eq!(EventId::given("order-1001").unwrap().as_str(), "order-1001");
/// assert_eq!(
///     EventId::derived("Purchase", "1001").as_str(),
///     "6e4c78d82a753cc5ca23e87024551922",
/// );
/// assert_eq!(EventId::random([0xab; 16]).as_str(), "abababababababababababababababab");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventId(String);

impl EventId {
    /// An id that the caller made: kept byte for byte, 1 to 256 characters as JavaScript counts.
    ///
    /// The bound is ours (Meta documents none): it holds every id in use, a URL or a pair of
    /// UUIDs included, and keeps a stray document out of every table and header downstream.
    ///
    /// # Errors
    ///
    /// The [`Reason`] when it is blank, longer, or has control characters.
    pub fn given(id: &str) -> Result<Self, Reason> {
        if is_blank(id) {
            return Err(Reason::BLANK_EVENT_ID);
        }
        if is_longer_than(LONGEST, id.bytes()) {
            return Err(Reason::EVENT_ID_TOO_LONG);
        }
        if has_control(id) {
            return Err(Reason::CONTROL_CHARACTER);
        }
        Ok(Self(id.into()))
    }

    /// The id of an order's event, which a back end in any language can compute too: the first 32
    /// characters of the lower-case hexadecimal SHA-256 of `<event name>:<order id>` in UTF-8.
    ///
    /// Nothing is trimmed or folded. A blank order id names no order, and would make every order one
    /// and the same event: ask for [`random`](Self::random) then.
    pub fn derived(event_name: &str, order_id: &str) -> Self {
        let mut text = String::new();
        text.push_str(event_name);
        push_ascii(&mut text, b':');
        text.push_str(order_id);
        let [a, b, c, d, ..] = sha256::digest(text.into());
        Self::of_words([a, b, c, d])
    }

    /// An id from 128 bits of a cryptographic source: 32 lower-case hexadecimal characters.
    pub fn random(entropy: [u8; 16]) -> Self {
        let (words, _) = entropy.as_chunks();
        let mut chunks = words.iter().copied().map(u32::from_be_bytes);
        Self::of_words(core::array::from_fn(|_| chunks.next().unwrap_or_default()))
    }

    pub(crate) fn of_words(words: [u32; 4]) -> Self {
        Self(sha256::hex(&words))
    }

    /// The id, to be sent as the pixel's `eventID` and as the event's `event_id`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<EventId> for String {
    fn from(id: EventId) -> Self {
        id.0
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
