//! Reads the secrets with which shops, payment providers and other senders sign their webhooks.

use super::Webhook;
use crate::relay::config::{Config, ConfigError, SecretUse};
use crate::relay::door::sender::known_dataset;
use crate::sources::orders::Shop;

/// The length below which a part of a typed secret is not a secret of its own, in bytes. The secrets
/// that WooCommerce makes have spaces, and a short part of one could be guessed.
const MIN_PART_BYTES: usize = 16;
/// The length below which a secret could be guessed, in bytes.
const MIN_SAFE_BYTES: usize = 16;

/// The secrets of webhooks. It has no `Debug`, so that they cannot be printed.
#[derive(Default)]
pub struct WebhookSecrets {
    secrets: Vec<WebhookSecret>,
    /// The names of secrets for webhooks that the configuration does not have. Another program may
    /// use the same environment, so they are no errors.
    unused: Vec<String>,
}

/// One secret of one webhook.
struct WebhookSecret {
    /// The name under which an operator sets it.
    name: String,
    webhook: Webhook,
    /// The dataset of the events that it signs; `None` for the first.
    dataset: Option<String>,
    key: String,
}

impl WebhookSecrets {
    /// Parses the secrets by their names. Ignores other names, and empty secrets: under an empty key
    /// anyone could sign.
    ///
    /// # Errors
    /// Returns an error if a name has a dataset that is not listed.
    pub fn read<'a>(
        config: &Config,
        secrets: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ConfigError> {
        let mut read = Self::default();
        for (name, secret) in secrets {
            let Some((used_for, ending)) = SecretUse::of_name(name) else { continue };
            if secret.trim().is_empty() {
                continue;
            }
            let (webhook, dataset) = match used_for {
                SecretUse::ShopWebhook(shop) => {
                    (Webhook::Shop(shop), known_dataset(config, name, ending)?)
                }
                SecretUse::Webhook => {
                    let mut all = config.webhooks.iter();
                    let Some((of, settings)) =
                        all.find(|(of, _)| SecretUse::name_of_webhook(of) == name)
                    else {
                        read.unused.push(name.to_owned());
                        continue;
                    };
                    (Webhook::Named(of.clone()), settings.dataset.clone())
                }
                _ => continue,
            };
            for key in keys(&webhook, secret) {
                read.secrets.push(WebhookSecret {
                    name: name.to_owned(),
                    webhook: webhook.clone(),
                    dataset: dataset.clone(),
                    key,
                });
            }
        }
        Ok(read)
    }

    /// Returns true if a webhook has a secret.
    pub(in crate::relay::door) fn has(&self, webhook: &Webhook) -> bool {
        self.secrets.iter().any(|secret| secret.webhook == *webhook)
    }

    /// Returns true if the orders of a shop go to a dataset.
    pub(in crate::relay::door) fn has_shop_for(&self, config: &Config, dataset: &str) -> bool {
        let of = |secret: &WebhookSecret| config.dataset(secret.dataset.as_deref());
        self.secrets.iter().any(|secret| of(secret) == Some(dataset))
    }

    /// Returns the dataset of the first secret of a webhook for which `is_right` is true. The inner
    /// value is `None` for the first dataset.
    pub(super) fn find(
        &self,
        webhook: &Webhook,
        is_right: impl Fn(&[u8]) -> bool,
    ) -> Option<Option<&str>> {
        let mut of_webhook = self.secrets.iter().filter(|secret| secret.webhook == *webhook);
        let found = of_webhook.find(|secret| is_right(secret.key.as_bytes()));
        found.map(|secret| secret.dataset.as_deref())
    }

    /// Returns warnings about secrets that could be guessed or are not used, without the secrets.
    pub(in crate::relay::door) fn warnings(&self) -> Vec<String> {
        let unused = |name: &String| {
            format!(
                "{name} is the secret of no webhook: expected the name of one of \"webhooks\", in capitals and with _ in place of -"
            )
        };
        let mut warnings: Vec<String> = self.unused.iter().map(unused).collect();
        for secret in self.secrets.iter().filter(|secret| secret.key.len() < MIN_SAFE_BYTES) {
            let name = &secret.name;
            let warning = format!(
                "{name} has fewer than {MIN_SAFE_BYTES} characters, so it could be guessed: set one that `openssl rand -hex 32` prints"
            );
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        warnings
    }
}

/// Returns the keys in a secret. While an operator replaces a secret, it has the old one and the new
/// one. Shopify and Stripe make secrets without white space. Any other secret is one line, and also
/// each of its parts if all of them are long.
fn keys(webhook: &Webhook, secret: &str) -> Vec<String> {
    let is_without_blanks = matches!(webhook, Webhook::Shop(Shop::Shopify | Shop::Stripe));
    let mut keys = Vec::new();
    for line in secret.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split_whitespace().collect();
        let are_long = parts.iter().all(|part| part.len() >= MIN_PART_BYTES);
        if !is_without_blanks || parts.len() == 1 {
            keys.push(line);
        }
        if parts.len() > 1 && (is_without_blanks || are_long) {
            keys.extend(parts);
        }
    }
    let decoded = |key: &str| match webhook {
        Webhook::Shop(Shop::WooCommerce) => without_entities(key),
        _ => key.to_owned(),
    };
    keys.into_iter().map(decoded).collect()
}

/// Decodes the HTML entities that WordPress decodes in a secret before it signs. (WordPress,
/// `wp_specialchars_decode` with `ENT_QUOTES`)
fn without_entities(text: &str) -> String {
    const NAMED: [(&str, char); 4] = [("lt", '<'), ("gt", '>'), ("quot", '"'), ("amp", '&')];
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let entity = after.split_once(';').and_then(|(entity, after)| {
            let named = NAMED.iter().find(|(name, _)| *name == entity).map(|(_, is)| *is);
            let number = || {
                let number = entity.strip_prefix('#')?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code).filter(|is| "<>\"&'".contains(*is))
            };
            Some((named.or_else(number)?, after))
        });
        match entity {
            Some((character, after)) => {
                decoded.push(character);
                rest = after;
            }
            None => {
                decoded.push('&');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const WOO: Webhook = Webhook::Shop(Shop::WooCommerce);
    const STRIPE: Webhook = Webhook::Shop(Shop::Stripe);

    #[test]
    fn entities_are_decoded_once_as_wordpress_does() {
        for (typed, key) in [
            ("a&amp;b&lt;c", "a&b<c"),
            ("a&b<c", "a&b<c"),
            ("&quot;&#039;&#39;&#x27;&gt;", "\"'''>"),
            ("&amp;lt;", "&lt;"),
            ("a&b;c&", "a&b;c&"),
            ("&#65;&eacute;&#xZ;", "&#65;&eacute;&#xZ;"),
        ] {
            assert_eq!(keys(&WOO, typed), [key], "{typed}");
        }
        assert_eq!(keys(&STRIPE, "a&amp;b"), ["a&amp;b"]);
    }

    #[test]
    fn several_secrets_are_apart_by_white_space_and_one_may_have_spaces() {
        assert_eq!(keys(&STRIPE, "whsec_test_1 whsec_old_0\n"), ["whsec_test_1", "whsec_old_0"]);
        assert_eq!(keys(&WOO, "wc-secret-1\nwc-secret-2\r\n"), ["wc-secret-1", "wc-secret-2"]);
        // WooCommerce made this secret. A part such as "x" would be a key that anyone guesses.
        let made = "k3[ }d]s~Yp`+2nB=,.z;:/?|q9{T<W>c0vR-_L6mG8hJ1fU x";
        assert_eq!(keys(&WOO, made), [made]);
        let two = "0123456789abcdef 0123456789ABCDEF";
        assert_eq!(keys(&WOO, two), [two, "0123456789abcdef", "0123456789ABCDEF"]);
    }

    #[test]
    fn an_empty_secret_is_none_and_a_short_one_is_warned_of() {
        let config = Config::read(r#"{"datasets":["1"],"allowedOrigins":[]}"#).unwrap();
        let read =
            |secret| WebhookSecrets::read(&config, [("STRIPE_WEBHOOK_SECRET", secret)]).unwrap();
        assert!(!read(" \n").has(&STRIPE) && read("whsec_1").has(&STRIPE));
        let warnings = read("hunter2").warnings();
        assert!(warnings[0].starts_with("STRIPE_WEBHOOK_SECRET ") && warnings.len() == 1);
        assert!(!warnings[0].contains("hunter2"));
        assert_eq!(read("whsec_0123456789abcdef").warnings(), Vec::<String>::new());
    }

    #[test]
    fn a_secret_of_an_unknown_dataset_is_an_error_and_one_of_an_unknown_webhook_a_warning() {
        let config = Config::read(r#"{"datasets":["1"],"allowedOrigins":[]}"#).unwrap();
        let name = "STRIPE_WEBHOOK_SECRET_7";
        let error = WebhookSecrets::read(&config, [(name, "hunter2")]).err().unwrap();
        assert_eq!(error.path(), name);
        assert!(!error.to_string().contains("hunter2"));
        let secrets = [("WEBHOOK_SECRET_MY_SHOP", "hunter2")];
        let warnings = WebhookSecrets::read(&config, secrets).unwrap().warnings();
        assert!(warnings[0].starts_with("WEBHOOK_SECRET_MY_SHOP ") && warnings.len() == 1);
        assert!(!warnings[0].contains("hunter2"));
    }
}
