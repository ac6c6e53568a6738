//! Computes the key of an event in the deduplication memory.

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use crate::event::Trust;

/// A keyed hash of event name and event id, plus the trust in the sender. The secret is random for
/// each outbox, so a sender who chooses ids cannot make two keys collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u64);

impl Key {
    /// The size of a key on disk, in bytes.
    pub const BYTES: usize = 8;

    /// Returns the key of an event. `name_and_id` is the event name, a line feed and the event id.
    #[must_use]
    pub fn of(secret: &[u8; 16], trust: Trust, name_and_id: &str) -> Self {
        let mut hasher = SipHasher24::new_with_key(secret);
        hasher.write(name_and_id.as_bytes());
        Self(hasher.finish() & !1 | u64::from(trust == Trust::Server))
    }

    /// Returns the key of the other copy of the same event.
    #[must_use]
    pub const fn other(self) -> Self {
        Self(self.0 ^ 1)
    }

    /// Returns the hash without the trust. Both copies have the same hash.
    #[must_use]
    pub const fn hash(self) -> u64 {
        self.0 >> 1
    }

    /// Returns the key as bytes. The bytes sort in the same order as the keys.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Self::BYTES] {
        self.0.to_be_bytes()
    }

    /// Reads a key from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }

    /// Reads the keys of a row, which are stored one after the other.
    pub fn all(bytes: &[u8]) -> impl Iterator<Item = Self> + '_ {
        bytes.as_chunks::<{ Self::BYTES }>().0.iter().copied().map(Self::from_bytes)
    }
}
