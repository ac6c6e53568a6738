//! Reads the write keys of Segment's sources on servers, and the shared secret of its webhook.

use hmac::Hmac;
use sha1::Sha1;

use crate::relay::config::{Config, ConfigError, SecretUse};
use crate::relay::door::sender::{BridgeKeys, check_length, known_dataset};
use crate::relay::door::signature::{self, is_signed};

/// The secrets of Segment's sources on servers and of its webhook. It has no `Debug`, so that they
/// cannot be printed.
#[derive(Default)]
pub struct SegmentSecrets {
    pub(super) write_keys: Vec<(Option<String>, BridgeKeys)>,
    webhook: Vec<(Option<String>, String)>,
}

impl SegmentSecrets {
    /// Parses the secrets by their names: `SEGMENT_WRITE_KEY`, `SEGMENT_WEBHOOK_SECRET`, and the
    /// same with `_<dataset id>`. Ignores other names.
    ///
    /// # Errors
    /// Returns an error if a secret has a key of fewer than 32 bytes, which could be guessed, or if
    /// its name has a dataset that is not listed.
    pub fn read<'a>(
        config: &Config,
        secrets: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ConfigError> {
        let mut read = Self::default();
        for (name, secret) in secrets.into_iter().filter(|(_, secret)| !secret.trim().is_empty()) {
            let Some((used_for, dataset)) = SecretUse::of_name(name) else { continue };
            match used_for {
                SecretUse::SegmentWriteKey => {
                    let dataset = known_dataset(config, name, dataset)?;
                    read.write_keys.push((dataset, BridgeKeys::named(name, secret)?));
                }
                SecretUse::SegmentWebhook => {
                    let dataset = known_dataset(config, name, dataset)?;
                    // One secret, as it is typed at Segment: it may have spaces.
                    check_length(name, secret.trim())?;
                    read.webhook.push((dataset, secret.trim().to_owned()));
                }
                _ => {}
            }
        }
        Ok(read)
    }

    /// Returns true if a server may send events through Segment.
    pub(in crate::relay::door) fn has_server(&self) -> bool {
        !self.write_keys.is_empty() || !self.webhook.is_empty()
    }

    /// Returns true if the worker answers Segment's paths, because a key of Segment's is set.
    #[must_use]
    pub fn are_set(&self, config: &Config) -> bool {
        !self.write_keys.is_empty() || !self.webhook.is_empty() || !config.segment.pages.is_empty()
    }

    /// Returns `Some` if the signature is the HMAC-SHA1 of the body under one of the webhook's
    /// secrets. The inner value is the dataset in the name of that secret, if it has one.
    pub(super) fn signed(&self, signature: Option<&str>, body: &[u8]) -> Option<Option<&str>> {
        let signature = signature::hex(signature?)?;
        let found = self
            .webhook
            .iter()
            .find(|(_, secret)| is_signed::<Hmac<Sha1>>(secret.as_bytes(), &[body], &signature));
        found.map(|(dataset, _)| dataset.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_a_webhook_is_that_of_the_reference() {
        let body =
            br#"{"type":"track","event":"Order Completed","messageId":"m-1","userId":"user_42"}"#;
        let webhook = vec![(Some("42".to_owned()), "shared-secret".to_owned())];
        let secrets = SegmentSecrets { write_keys: Vec::new(), webhook };
        let signature = "c075853eebee5b39d093d50978f959908d6ef67a";
        assert_eq!(secrets.signed(Some(signature), body), Some(Some("42")));
        assert_eq!(secrets.signed(Some(&signature.to_uppercase()), body), Some(Some("42")));
        assert_eq!(secrets.signed(Some(signature), b"{}"), None);
        assert_eq!(secrets.signed(None, body), None);
    }

    #[test]
    fn a_secret_that_could_be_guessed_or_of_an_unknown_dataset_is_an_error_that_names_it() {
        let config = Config::read(r#"{"datasets":["1"],"allowedOrigins":[]}"#).unwrap();
        let error = |name, secret| SegmentSecrets::read(&config, [(name, secret)]).err().unwrap();
        assert_eq!(error("SEGMENT_WRITE_KEY", "hunter2").path(), "SEGMENT_WRITE_KEY");
        assert_eq!(error("SEGMENT_WEBHOOK_SECRET", "hunter2").path(), "SEGMENT_WEBHOOK_SECRET");
        let long = "0123456789abcdef0123456789abcdef";
        assert_eq!(error("SEGMENT_WRITE_KEY_7", long).path(), "SEGMENT_WRITE_KEY_7");
    }
    #[test]
    fn a_webhooks_secret_is_one_text_also_with_spaces() {
        let config = Config::read(r#"{"datasets":["1"],"allowedOrigins":[]}"#).unwrap();
        let secret = "correct horse battery staple, 2026 edition";
        let read = SegmentSecrets::read(&config, [("SEGMENT_WEBHOOK_SECRET", secret)]).unwrap();
        assert_eq!(read.webhook, [(None, secret.to_owned())]);
    }
}
