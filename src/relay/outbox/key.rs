//! The key of an event in the memory of what was accepted.

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use crate::event::Trust;

/// A keyed hash of event name and event id, and the trust in the sender. The hash key is random for each
/// outbox: a sender who chooses ids cannot make two of them collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u64);

impl Key {
    /// How many bytes a key takes on disk.
    pub const BYTES: usize = 8;

    /// The key of an event.
    #[must_use]
    pub fn of(secret: &[u8; 16], trust: Trust, name_and_id: &str) -> Self {
        let mut hasher = SipHasher24::new_with_key(secret);
        hasher.write(name_and_id.as_bytes());
        Self(hasher.finish() & !1 | u64::from(trust == Trust::Server))
    }

    /// The key of the same event from the other sender.
    #[must_use]
    pub const fn other(self) -> Self {
        Self(self.0 ^ 1)
    }

    /// The hash without the trust: both copies share it.
    #[must_use]
    pub const fn hash(self) -> u64 {
        self.0 >> 1
    }

    /// The key as it lies on disk; keys sort as their bytes do.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Self::BYTES] {
        self.0.to_be_bytes()
    }

    /// Reads a key.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }

    /// Reads the keys of a row, one behind the other.
    pub fn all(bytes: &[u8]) -> impl Iterator<Item = Self> + '_ {
        bytes.as_chunks::<{ Self::BYTES }>().0.iter().copied().map(Self::from_bytes)
    }
}
