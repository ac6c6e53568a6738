//! Computes the keys of rows, and encrypts their contents.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The salt of HKDF-Extract. It separates the order memory from other uses of the same secret.
const SALT: &[u8] = b"capi-bridge order memory";
/// The size of a nonce, in bytes. (RFC 8439, section 2.8)
const NONCE_BYTES: usize = 12;

/// The key of a row: the first half of an HMAC-SHA-256.
pub type OrderKey = [u8; 16];

/// The row of a visitor: the name or the secret of an order, and the proof of the visitor. `Server`
/// and `Account` rows are only written for servers.
#[derive(Debug, Clone, Copy)]
pub(in crate::relay::outbox) enum Place<'a> {
    /// The visitor with this `fbp`.
    Fbp { name: &'a str, fbp: &'a str },
    /// The visitor with this IP address.
    Ip { name: &'a str, ip: &'a str },
    /// The visitor whose event has this id, which cannot be guessed.
    Event { name: &'a str, id: &'a str },
    /// The visitor who knows this secret of the order.
    Secret(&'a str),
    /// The visitor that a server named.
    Server(&'a str),
    /// The visitor of the first order of a subscription, or of a customer.
    Account(&'a str),
    /// The order that took this event id from a page.
    Id { event_name: &'a str, id: &'a str },
}

impl<'a> Place<'a> {
    fn parts(self) -> [&'a str; 3] {
        match self {
            Self::Fbp { name, fbp } => ["fbp", name, fbp],
            Self::Ip { name, ip } => ["ip", name, ip],
            Self::Event { name, id } => ["event", name, id],
            Self::Secret(secret) => ["secret", secret, ""],
            Self::Server(name) => ["server", name, ""],
            Self::Account(account) => ["account", account, ""],
            Self::Id { event_name, id } => ["id", event_name, id],
        }
    }
}

/// Nonces of one call: random bytes plus a counter. Each row has a key of its own, so a nonce only
/// must not repeat for the same row.
pub(in crate::relay::outbox) struct Nonces {
    random: [u8; NONCE_BYTES - 4],
    count: u32,
}

impl Nonces {
    pub(in crate::relay::outbox) fn new(entropy: [u8; 16]) -> Self {
        Self { random: first(&entropy), count: 0 }
    }

    fn next(&mut self) -> [u8; NONCE_BYTES] {
        self.count = self.count.wrapping_add(1);
        first(&[&self.random[..], &self.count.to_be_bytes()].concat())
    }
}

/// The keys that follow from a secret. HKDF-SHA-256 (RFC 5869) derives them.
pub(in crate::relay::outbox) struct Vault {
    pseudorandom: [u8; 32],
}

impl Vault {
    /// Derives the keys: HKDF-Extract.
    pub(in crate::relay::outbox) fn new(secret: &[u8]) -> Self {
        Self { pseudorandom: hmac(SALT, &[secret]) }
    }

    /// Returns the key of a row.
    pub(in crate::relay::outbox) fn row(&self, place: Place<'_>) -> OrderKey {
        first(&self.expand("row", place))
    }

    /// Returns an event id for an order: 32 hexadecimal digits that only this secret gives.
    pub(in crate::relay::outbox) fn event_id(&self, place: Place<'_>) -> String {
        let digits = self.expand("id", place);
        digits.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Encrypts the contents of a row. Returns the nonce, then the encrypted contents with their
    /// tag.
    pub(in crate::relay::outbox) fn seal(
        &self,
        place: Place<'_>,
        contents: &[u8],
        nonces: &mut Nonces,
    ) -> Vec<u8> {
        let nonce = nonces.next();
        let payload = Payload { msg: contents, aad: &self.row(place) };
        // It fails only for contents of 256 GiB.
        let sealed = self.cipher(place).encrypt(&Nonce::from(nonce), payload).unwrap_or_default();
        [&nonce[..], &sealed].concat()
    }

    /// Decrypts the contents of a row. Returns `None` if another secret sealed them, or if they
    /// were changed.
    pub(in crate::relay::outbox) fn open(
        &self,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: &self.row(place) };
        self.cipher(place).decrypt(&Nonce::from(*nonce), payload).ok()
    }

    fn cipher(&self, place: Place<'_>) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.expand("seal", place).into())
    }

    /// HKDF-Expand to 32 bytes. The info is the use, then each part after its length.
    fn expand(&self, used_for: &str, place: Place<'_>) -> [u8; 32] {
        let mut info = Vec::new();
        for part in std::iter::once(used_for).chain(place.parts()) {
            info.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            info.extend(part.as_bytes());
        }
        hmac(&self.pseudorandom, &[&info, &[1]])
    }
}

/// Returns the first bytes of a text that has at least so many.
fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length, so this never fails.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place::Fbp { name: "1001", fbp: "fb.1.1.1" };

    #[test]
    fn keys_are_those_of_hkdf_sha_256() {
        // Computed with `openssl kdf HKDF` and, for the sealed row, with Python's `cryptography`.
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let vault = Vault::new(b"secret");
        assert_eq!(hex(&vault.row(PLACE)), "767a8e1c96cd62696ae16bb5e9e3c31e");
        assert_eq!(vault.event_id(PLACE), "025a86e47382997a3d924d3ffc20478b");
        let sealed = vault.seal(PLACE, b"visitor", &mut Nonces::new([3; 16]));
        let expected = "0303030303030303000000014049aa95fba20bccd0737b801017b340827e84f3828826";
        assert_eq!(hex(&sealed), expected);
    }

    #[test]
    fn contents_are_read_with_the_same_secret_and_place_alone() {
        let vault = Vault::new(b"secret");
        let sealed = vault.seal(PLACE, b"visitor", &mut Nonces::new([3; 16]));
        assert_eq!(vault.open(PLACE, &sealed).as_deref(), Some(&b"visitor"[..]));
        assert_eq!(Vault::new(b"other").open(PLACE, &sealed), None);
        assert_eq!(vault.open(Place::Fbp { name: "1002", fbp: "fb.1.1.1" }, &sealed), None);
        let mut changed = sealed.clone();
        changed[15] ^= 1;
        assert_eq!(vault.open(PLACE, &changed), None);
        assert_eq!(vault.open(PLACE, &sealed[..11]), None);
        assert!(!sealed.windows(7).any(|window| window == b"visitor"));
    }

    #[test]
    fn no_nonce_comes_twice_in_a_call() {
        let mut nonces = Nonces::new([3; 16]);
        let vault = Vault::new(b"secret");
        let sealed = [(); 2].map(|()| vault.seal(PLACE, b"visitor", &mut nonces));
        assert_ne!(sealed[0], sealed[1]);
        assert_ne!(sealed[0][..12], sealed[1][..12]);
    }

    #[test]
    fn no_two_places_share_a_row() {
        let vault = Vault::new(b"secret");
        let places = [
            PLACE,
            Place::Ip { name: "1001", ip: "fb.1.1.1" },
            Place::Event { name: "1001", id: "fb.1.1.1" },
            Place::Secret("1001"),
            Place::Server("1001"),
            Place::Account("1001"),
            Place::Id { event_name: "1001", id: "fb.1.1.1" },
            Place::Fbp { name: "1001f", fbp: "b.1.1.1" },
        ];
        let mut rows = places.map(|place| vault.row(place)).to_vec();
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), places.len());
    }
}
