//! Who sends: a page of an allowed origin, or a server that shows a key. The types keep the two apart:
//! neither can be made but by its check.

use subtle::{Choice, ConstantTimeEq};

use super::connection::Connection;
use crate::event::Problem;
use crate::relay::config::{Config, ConfigError};
use crate::sha256;

/// Keys are random text; a shorter one could be guessed.
const SHORTEST_KEY: usize = 32;

/// A page whose origin is allowed.
#[derive(Debug, Clone)]
pub struct AllowedOrigin(String);

/// A server that showed a bridge key.
#[derive(Debug, Clone)]
pub struct KnownServer(());

/// Whose events these are.
#[derive(Debug, Clone)]
pub enum Sender {
    /// Trusted little.
    Page(AllowedOrigin),
    /// Trusted much.
    Server(KnownServer),
}

/// Why someone is not let in: the status and what to say.
pub type Rejection = (u16, Problem);

/// The keys that servers may show. Kept as digests, so that they have one length and are nowhere.
#[derive(Default)]
pub struct BridgeKeys(Vec<[u32; 8]>);

impl BridgeKeys {
    /// Reads the secret `BRIDGE_KEY`: one key, or several apart by spaces while one follows another.
    ///
    /// # Errors
    /// When a key is so short that it could be guessed.
    pub fn read(secret: &str) -> Result<Self, ConfigError> {
        Self::named("BRIDGE_KEY", secret)
    }

    /// The same for a secret of another name.
    pub(super) fn named(name: &str, secret: &str) -> Result<Self, ConfigError> {
        let keys: Vec<&str> = secret.split_whitespace().collect();
        if keys.iter().any(|key| key.len() < SHORTEST_KEY) {
            let message = "expected at least 32 characters of random text, such as `openssl rand -hex 32` prints";
            return Err(ConfigError::new(name, message));
        }
        Ok(Self(keys.into_iter().map(|key| sha256::digest(key.into())).collect()))
    }

    /// Whether no key is set.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is one of the keys. Takes as long for a wrong one as for a right one.
    pub(super) fn has(&self, shown: &str) -> bool {
        let shown = sha256::digest(shown.into());
        let equal = |key: &[u32; 8]| shown.as_slice().ct_eq(key.as_slice());
        self.0.iter().fold(Choice::from(0), |found, key| found | equal(key)).into()
    }
}

impl KnownServer {
    /// Checks a key that was shown elsewhere than in an `Authorization` header.
    pub(super) fn with_key(shown: &str, keys: &BridgeKeys) -> Option<Self> {
        keys.has(shown).then_some(Self(()))
    }

    /// Checks an `Authorization` header.
    ///
    /// # Errors
    /// 401 when it shows no key of ours.
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
    /// 403 when the origin is not allowed, or the request was not made by a script of the page.
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
        // An address that was typed in has no page, and a form that is sent leaves it.
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

    /// The origin, to be allowed to read the answer.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Sender {
    /// Who it is: whoever shows a key has to show the right one.
    ///
    /// # Errors
    /// 401 for a wrong key, 403 for a page that may not send.
    pub fn of(
        config: &Config,
        connection: &Connection,
        keys: &BridgeKeys,
    ) -> Result<Self, Rejection> {
        match connection.authorization.as_deref() {
            Some(shown) if bearer(shown).is_some() => {
                KnownServer::of(Some(shown), keys).map(Self::Server)
            }
            // Behind a password (`Basic`), a browser shows that one by itself.
            _ => AllowedOrigin::of(config, connection).map(Self::Page),
        }
    }
}

/// The key of an `Authorization` header.
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
