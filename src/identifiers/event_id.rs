//! The event id that the browser's and the server's copy of an event share.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::sha256;

use super::{
    Reason,
    click_id::{has_control, is_longer_than},
    text::push_ascii,
};

const MAX_CHARACTERS: usize = 256;
/// The minimum length of a secret, in characters: 128 random bits in hexadecimal.
const MIN_SECRET_CHARACTERS: usize = 32;

/// An event id. Meta deduplicates by event name and event id.
///
/// ```
/// use capi_bridge::identifiers::EventId;
///
/// assert_eq!(EventId::given("order-1001").unwrap().as_str(), "order-1001");
/// assert_eq!(
///     EventId::derived("Purchase", "1001").as_str(),
///     "6e4c78d82a753cc5ca23e87024551922",
/// );
/// let secret = "0123456789abcdef0123456789abcdef";
/// assert_eq!(
///     EventId::keyed("Purchase", "1001", secret).unwrap().as_str(),
///     "ba0303529078bdebd400fbd8d5731114",
/// );
/// assert_eq!(EventId::random([0xab; 16]).as_str(), "abababababababababababababababab");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventId(String);

impl EventId {
    /// Returns an id that the caller made, unchanged: 1 to 256 characters as JavaScript counts.
    ///
    /// The limit is ours; Meta documents none. It allows every id in use, also a URL or a pair of
    /// UUIDs. It keeps long texts out of all tables and headers that store the id.
    ///
    /// # Errors
    ///
    /// The [`Reason`] if it is blank, longer, or has control characters.
    pub fn given(id: &str) -> Result<Self, Reason> {
        if is_blank(id) {
            return Err(Reason::BLANK_EVENT_ID);
        }
        if is_longer_than(MAX_CHARACTERS, id.bytes()) {
            return Err(Reason::EVENT_ID_TOO_LONG);
        }
        if has_control(id) {
            return Err(Reason::CONTROL_CHARACTER);
        }
        Ok(Self(id.into()))
    }

    /// Returns the id of an order's event: the first 32 characters of the lower-case hexadecimal
    /// SHA-256 of `<event name>:<order id>` in UTF-8. A back end in any language can compute it
    /// too.
    ///
    /// Nothing is trimmed or folded. Do not pass a blank order id, which would make all orders the
    /// same event. Use [`random`](Self::random) instead.
    ///
    /// Anyone who can guess the order id can compute this id. Use [`keyed`](Self::keyed) if order
    /// ids are consecutive numbers.
    pub fn derived(event_name: &str, order_id: &str) -> Self {
        let mut text = String::new();
        text.push_str(event_name);
        push_ascii(&mut text, b':');
        text.push_str(order_id);
        let [a, b, c, d, ..] = sha256::digest(text.into());
        Self::of_words([a, b, c, d])
    }

    /// Returns the id of an order's event under a secret: the first 32 characters of the lower-case
    /// hexadecimal HMAC-SHA-256 of `<event name>:<order id>`. The key and the message are the texts
    /// in UTF-8; the message is the same as in [`derived`](Self::derived). Only a back end with the
    /// secret can compute the id, so it may send the id to the page.
    ///
    /// For one event name, two order ids never have the same message. Two event names may share a
    /// message (`a:b` with `c`, `a` with `b:c`), but Meta tells their events apart by the name.
    ///
    /// # Errors
    ///
    /// The [`Reason`] if the secret has fewer than 32 characters, or white space at an end. If one
    /// program reads a line break as part of its secret and another does not, they make two ids.
    pub fn keyed(event_name: &str, order_id: &str, secret: &str) -> Result<Self, Reason> {
        if secret.trim() != secret {
            return Err(Reason::SECRET_WITH_WHITE_SPACE);
        }
        if secret.chars().count() < MIN_SECRET_CHARACTERS {
            return Err(Reason::SECRET_TOO_SHORT);
        }
        // HMAC takes a key of any length, so this never fails.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
            return Err(Reason::SECRET_TOO_SHORT);
        };
        for part in [event_name, ":", order_id] {
            mac.update(part.as_bytes());
        }
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        let (words, _) = digest.as_chunks();
        let mut words = words.iter().copied().map(u32::from_be_bytes);
        Ok(Self::of_words(core::array::from_fn(|_| words.next().unwrap_or_default())))
    }

    /// Returns an id from 128 bits of a cryptographic source: 32 lower-case hexadecimal characters.
    pub fn random(entropy: [u8; 16]) -> Self {
        let (words, _) = entropy.as_chunks();
        let mut chunks = words.iter().copied().map(u32::from_be_bytes);
        Self::of_words(core::array::from_fn(|_| chunks.next().unwrap_or_default()))
    }

    pub(crate) fn of_words(words: [u32; 4]) -> Self {
        Self(sha256::hex(&words))
    }

    /// Returns the id, to send as the pixel's `eventID` and as the event's `event_id`.
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
