//! Authenticates the sender of a webhook by the signature over the bytes of the body.

use hmac::Hmac;
use sha2::Sha256;

use super::{Webhook, WebhookCall, WebhookSecrets};
use crate::event::Problem;
use crate::relay::config::{Config, Encoding, SecretUse};
use crate::relay::door::sender::Rejection;
use crate::relay::door::signature::{self, is_signed};
use crate::sources::orders::Shop;

/// The maximum difference between the time in Stripe's signature and now, in seconds. (Stripe,
/// "Webhook signatures")
const STRIPE_TOLERANCE_SECONDS: u64 = 300;
/// The maximum number of signatures in one header. Stripe sends two while a secret is replaced.
const MAX_SIGNATURES: usize = 16;

/// The sender of a webhook, authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::relay::door) enum Signed {
    /// A secret signed the body. The value is the dataset of its events; `None` for the first.
    Body(Option<String>),
    /// WooCommerce's ping, which is not signed and has no content.
    Ping,
}

/// The form of a signature.
struct Scheme<'a> {
    encoding: Encoding,
    /// The text before a signature.
    prefix: &'a str,
    /// The text before the time in the header with the signature.
    timestamp_prefix: Option<&'a str>,
    tolerance_seconds: u64,
    /// The sentence about a wrong signature.
    expected: String,
}

impl WebhookCall {
    /// Checks that the webhook has a secret.
    pub(in crate::relay::door) fn check_secret(
        &self,
        secrets: &WebhookSecrets,
    ) -> Result<(), Rejection> {
        if secrets.has(&self.webhook) {
            return Ok(());
        }
        let message = format!(
            "no secret is set for this webhook: set the secret {}, the same as at the sender",
            self.webhook.secret_name()
        );
        Err((401, Problem::refused("no_webhook_secret", "", message)))
    }

    /// Checks the signature. Several secrets and several signatures may be in use while a secret is
    /// replaced: one match is enough.
    pub(in crate::relay::door) fn prove(
        &self,
        config: &Config,
        secrets: &WebhookSecrets,
        body: &[u8],
        now_millis: u64,
    ) -> Result<Signed, Rejection> {
        // The configuration may have changed since the head was read.
        self.check_secret(secrets)?;
        if self.is_ping(body) {
            return Ok(Signed::Ping);
        }
        let Some(scheme) = self.webhook.scheme(config) else {
            return Err((401, Problem::refused("no_webhook_secret", "", "expected a webhook")));
        };
        let name = self.webhook.signature_header(config);
        let wrong = |code, message: &str| (401, Problem::refused(code, name, message));
        let header = self.signature.as_deref().unwrap_or_default();
        let mut signatures = Vec::new();
        let mut timestamp = self.timestamp.as_deref().map(str::trim);
        for part in header.split(',').map(str::trim) {
            if let Some(time) = scheme.timestamp_prefix.and_then(|start| part.strip_prefix(start)) {
                timestamp = timestamp.or(Some(time));
            } else if let Some(text) = part.strip_prefix(scheme.prefix)
                && signatures.len() < MAX_SIGNATURES
            {
                signatures.extend(match scheme.encoding {
                    Encoding::Hex => signature::hex(text),
                    Encoding::Base64 => signature::base64(text),
                });
            }
        }
        let is_timed = self.webhook.is_timed(config);
        let seconds = timestamp.and_then(|time| time.parse::<u64>().ok());
        if is_timed && seconds.is_none() {
            return Err(wrong("wrong_signature", &scheme.expected));
        }
        let timestamp = timestamp.unwrap_or_default().as_bytes();
        let timed = [timestamp, b".", body];
        let parts = if is_timed { &timed[..] } else { &[body][..] };
        let is_right = |secret: &[u8]| {
            signatures.iter().any(|one| is_signed::<Hmac<Sha256>>(secret, parts, one))
        };
        let Some(dataset) = secrets.find(&self.webhook, is_right) else {
            return Err(wrong("wrong_signature", &scheme.expected));
        };
        let now_seconds = now_millis / 1_000;
        if seconds.is_some_and(|at| is_timed && at.abs_diff(now_seconds) > scheme.tolerance_seconds)
        {
            let message = format!(
                "expected a time within {} seconds of now: the request was repeated, or a clock is wrong",
                scheme.tolerance_seconds
            );
            return Err(wrong("stale_signature", &message));
        }
        Ok(Signed::Body(dataset.map(str::to_owned)))
    }

    /// Returns true for the request that WooCommerce sends when a webhook is saved for the first
    /// time: a form with the number of the webhook, without a signature.
    fn is_ping(&self, body: &[u8]) -> bool {
        let number = body.strip_prefix(b"webhook_id=").unwrap_or_default();
        self.webhook == Webhook::Shop(Shop::WooCommerce)
            && self.signature.is_none()
            && (1..=20).contains(&number.len())
            && number.iter().all(u8::is_ascii_digit)
    }
}

impl Webhook {
    /// Returns the name of the secret that signs it.
    fn secret_name(&self) -> String {
        match self {
            Self::Shop(shop) => SecretUse::name_of_shop(*shop).to_owned(),
            Self::Named(name) => SecretUse::name_of_webhook(name),
        }
    }

    /// Returns the name of the header with the signature.
    fn signature_header<'a>(&self, config: &'a Config) -> &'a str {
        match self {
            Self::Shop(Shop::WooCommerce) => "X-WC-Webhook-Signature",
            Self::Shop(Shop::Shopify) => "X-Shopify-Hmac-Sha256",
            Self::Shop(Shop::Stripe) => "Stripe-Signature",
            Self::Named(name) => config.webhooks.get(name).map_or("", |own| own.header.as_str()),
        }
    }

    /// Returns true if the signature covers a time, a dot and the body.
    fn is_timed(&self, config: &Config) -> bool {
        match self {
            Self::Shop(shop) => *shop == Shop::Stripe,
            Self::Named(name) => config.webhooks.get(name).is_some_and(|own| {
                own.timestamp_header.is_some() || own.timestamp_prefix.is_some()
            }),
        }
    }

    fn scheme<'a>(&self, config: &'a Config) -> Option<Scheme<'a>> {
        let secret = self.secret_name();
        Some(match self {
            Self::Shop(Shop::Stripe) => Scheme {
                encoding: Encoding::Hex,
                prefix: "v1=",
                timestamp_prefix: Some("t="),
                tolerance_seconds: STRIPE_TOLERANCE_SECONDS,
                expected: format!(
                    "expected `t=…,v1=…` with the HMAC-SHA-256 of time, dot and body under this endpoint's signing secret: set the whole secret, with \"whsec_\", as {secret}"
                ),
            },
            Self::Shop(_) => Scheme {
                encoding: Encoding::Base64,
                prefix: "",
                timestamp_prefix: None,
                tolerance_seconds: 0,
                expected: format!(
                    "expected the HMAC-SHA-256 of the body in base64, under the webhook's secret: set it as {secret}"
                ),
            },
            Self::Named(name) => {
                let own = config.webhooks.get(name)?;
                Scheme {
                    encoding: own.encoding,
                    prefix: &own.prefix,
                    timestamp_prefix: own.timestamp_prefix.as_deref(),
                    tolerance_seconds: own.tolerance_seconds.into(),
                    expected: format!(
                        "expected the HMAC-SHA-256 that \"webhooks.{name}\" describes, under the secret {secret}"
                    ),
                }
            }
        })
    }
}
