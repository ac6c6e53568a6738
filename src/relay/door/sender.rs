//! Authenticates the sender of events: a page of an allowed origin, or a server with a key. Only
//! the checks here can build the types of the two, so one cannot pass as the other.

use subtle::{Choice, ConstantTimeEq};

use super::connection::Connection;
use crate::event::Problem;
use crate::relay::config::{Config, ConfigError};
use crate::sha256;

/// The minimum length of a key, in bytes. Keys are random text, and a shorter one could be guessed.
const MIN_KEY_BYTES: usize = 32;

/// A page whose origin is allowed.
#[derive(Debug, Clone)]
pub struct AllowedOrigin(String);

/// A server that showed a bridge key.
#[derive(Debug, Clone)]
pub struct KnownServer(());

/// An authenticated sender of events.
#[derive(Debug, Clone)]
pub enum Sender {
    /// A page. Anyone can forge its events, so its trust is `Page`.
    Page(AllowedOrigin),
    /// A server. Its trust is `Server`.
    Server(KnownServer),
}

/// The status and the problem with which the worker refuses a sender.
pub type Rejection = (u16, Problem);

/// The keys that servers may show, stored as SHA-256 digests. All digests have one length, and this
/// type never holds a key itself.
#[derive(Default)]
pub struct BridgeKeys(Vec<[u32; 8]>);

impl BridgeKeys {
    /// Parses the secret `BRIDGE_KEY`: one key, or several separated by white space while an
    /// operator replaces a key.
    ///
    /// # Errors
    /// Returns an error if a key has fewer than 32 bytes, because it could be guessed.
    pub fn read(secret: &str) -> Result<Self, ConfigError> {
        Self::named("BRIDGE_KEY", secret)
    }

    /// Parses the keys of the secret `name`. Errors show that name.
    pub(super) fn named(name: &str, secret: &str) -> Result<Self, ConfigError> {
        let keys: Vec<&str> = secret.split_whitespace().collect();
        keys.iter().try_for_each(|key| check_length(name, key))?;
        Ok(Self(keys.into_iter().map(|key| sha256::digest(key.into())).collect()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if `shown` is one of the keys. The comparison takes constant time, so its
    /// duration does not reveal how much of a wrong key is right.
    pub(super) fn has(&self, shown: &str) -> bool {
        let shown = sha256::digest(shown.into());
        let equal = |key: &[u32; 8]| shown.as_slice().ct_eq(key.as_slice());
        self.0.iter().fold(Choice::from(0), |found, key| found | equal(key)).into()
    }
}

/// Checks that a key of the secret `name` is too long to be guessed. The error shows that name.
pub(super) fn check_length(name: &str, key: &str) -> Result<(), ConfigError> {
    if key.len() < MIN_KEY_BYTES {
        let message =
            "expected at least 32 characters of random text, such as `openssl rand -hex 32` prints";
        return Err(ConfigError::new(name, message));
    }
    Ok(())
}

/// Returns the dataset in the name of a secret.
///
/// # Errors
/// Returns an error if the configuration does not list that dataset.
pub(super) fn known_dataset(
    config: &Config,
    name: &str,
    dataset: Option<&str>,
) -> Result<Option<String>, ConfigError> {
    if dataset.is_some_and(|id| config.dataset(Some(id)).is_none()) {
        return Err(ConfigError::new(name, "expected one of \"datasets\" in its name"));
    }
    Ok(dataset.map(str::to_owned))
}

impl KnownServer {
    /// Checks a bare key, such as one from a query or a body.
    pub(super) fn with_key(shown: &str, keys: &BridgeKeys) -> Option<Self> {
        keys.has(shown).then_some(Self(()))
    }

    /// Checks an `Authorization` header.
    ///
    /// # Errors
    /// Returns 401 if the header has no valid key.
    pub fn of(authorization: Option<&str>, keys: &BridgeKeys) -> Result<Self, Rejection> {
        match authorization.and_then(bearer).and_then(|key| Self::with_key(key, keys)) {
            Some(server) => Ok(server),
            None => {
                let message = if keys.0.is_empty() {
                    "no key is set: set the secret BRIDGE_KEY, at least 32 characters"
                } else {
                    "expected `Authorization: Bearer` with the worker's BRIDGE_KEY"
                };
                Err((401, Problem::refused("wrong_bridge_key", "Authorization", message)))
            }
        }
    }
}

impl AllowedOrigin {
    /// Checks the headers that every browser sends and no page can set.
    ///
    /// # Errors
    /// Returns 403 if the origin is not allowed, or if no script of a page made the request.
    pub fn of(config: &Config, connection: &Connection) -> Result<Self, Rejection> {
        let refused =
            |code, path: &str, message: &str| Err((403, Problem::refused(code, path, message)));
        let Some(origin) = connection.origin.as_deref() else {
            let message = "expected the Origin header, which every browser sends; a server shows a bridge key instead";
            return refused("missing_origin", "Origin", message);
        };
        if !config.allows_origin(origin) {
            let message = "this page's origin is not in the worker's \"allowedOrigins\"; add it there, exactly as the browser sends it";
            return refused("origin_not_allowed", "Origin", message);
        }
        // `Sec-Fetch-Site: none` is a typed address, and `navigate` is a link or a form. Neither is
        // a request of a page's script.
        if connection.fetch_site.as_deref() == Some("none") {
            let message = "expected a request of a page: its origin says one, this header none";
            return refused("not_from_a_page", "Sec-Fetch-Site", message);
        }
        if connection.fetch_mode.as_deref() == Some("navigate") {
            let message = "expected fetch or a beacon, no navigation";
            return refused("not_from_a_script", "Sec-Fetch-Mode", message);
        }
        Ok(Self(origin.to_owned()))
    }

    /// Returns the origin, for the CORS headers of the answer.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Sender {
    /// Authenticates the sender. A request with a bearer key is a server's, and its key must be
    /// right. Any other request is a page's.
    ///
    /// # Errors
    /// Returns 401 for a wrong key, and 403 for a page that may not send.
    pub fn of(
        config: &Config,
        connection: &Connection,
        keys: &BridgeKeys,
    ) -> Result<Self, Rejection> {
        match connection.authorization.as_deref() {
            Some(shown) if bearer(shown).is_some() => {
                KnownServer::of(Some(shown), keys).map(Self::Server)
            }
            // On a site behind HTTP Basic, the browser adds that password to a page's requests.
            _ => AllowedOrigin::of(config, connection).map(Self::Page),
        }
    }
}

/// Returns the key of an `Authorization: Bearer` header, or `None` for another scheme.
pub(super) fn bearer(header: &str) -> Option<&str> {
    let (scheme, key) = header.trim().split_once(' ').unwrap_or((header, ""));
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn status(authorization: &str, secret: &str) -> Option<u16> {
        KnownServer::of(Some(authorization), &BridgeKeys::read(secret).unwrap())
            .err()
            .map(|(status, _)| status)
    }

    #[test]
    fn a_server_shows_the_whole_key_or_is_none() {
        assert_eq!(status(&format!("Bearer {KEY}"), KEY), None);
        assert_eq!(status(&format!("bearer  {KEY} "), KEY), None);
        for wrong in [
            "Bearer",
            "Bearer ",
            "Basic x",
            &format!("Bearer {KEY}0"),
            &format!("Bearer {}", &KEY[1..]),
            KEY,
        ] {
            assert_eq!(status(wrong, KEY), Some(401), "{wrong}");
        }
    }

    #[test]
    fn while_keys_are_changed_the_old_one_and_the_new_one_are_right() {
        let keys = format!("{KEY}\n{}", KEY.to_uppercase());
        assert_eq!(status(&format!("Bearer {KEY}"), &keys), None);
        assert_eq!(status(&format!("Bearer {}", KEY.to_uppercase()), &keys), None);
    }

    #[test]
    fn without_a_key_nobody_is_a_server() {
        assert_eq!(status("Bearer ", ""), Some(401));
        assert_eq!(status("Bearer x", ""), Some(401));
    }

    #[test]
    fn a_key_that_could_be_guessed_is_an_error_that_does_not_show_it() {
        let error = BridgeKeys::read("hunter2").err().unwrap();
        assert_eq!(error.path(), "BRIDGE_KEY");
        assert!(!error.to_string().contains("hunter2"));
    }
}
