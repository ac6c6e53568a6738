//! The names of the secrets that an operator sets. This is the only list of them.

/// The use of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretUse {
    /// Authorises requests to Meta.
    AccessToken,
    /// Proves to Meta that the app itself sends.
    AppSecret,
    /// Shown by servers and operators.
    BridgeKey,
    /// Shown by Segment's sources on servers.
    SegmentWriteKey,
    /// Signs the requests of Segment's webhook.
    SegmentWebhook,
}

/// The secrets: each name, true if it may also be set for one dataset (as in
/// `META_ACCESS_TOKEN_1234567890`), and the use.
const SECRETS: [(&str, bool, SecretUse); 5] = [
    ("META_ACCESS_TOKEN", true, SecretUse::AccessToken),
    ("META_APP_SECRET", true, SecretUse::AppSecret),
    ("BRIDGE_KEY", false, SecretUse::BridgeKey),
    ("SEGMENT_WRITE_KEY", true, SecretUse::SegmentWriteKey),
    ("SEGMENT_WEBHOOK_SECRET", true, SecretUse::SegmentWebhook),
];

impl SecretUse {
    /// Returns the use of an environment variable and its dataset, or `None` if it is not a secret
    /// of the worker.
    #[must_use]
    pub fn of_name(name: &str) -> Option<(Self, Option<&str>)> {
        SECRETS.iter().find_map(|&(secret, is_per_dataset, used_for)| {
            let rest = name.strip_prefix(secret)?;
            if rest.is_empty() {
                return Some((used_for, None));
            }
            let dataset = rest.strip_prefix('_').filter(|_| is_per_dataset)?;
            let is_id = !dataset.is_empty() && dataset.bytes().all(|byte| byte.is_ascii_digit());
            is_id.then_some((used_for, Some(dataset)))
        })
    }

    /// Returns true if senders authenticate with this secret.
    #[must_use]
    pub fn is_of_senders(self) -> bool {
        matches!(self, Self::BridgeKey | Self::SegmentWriteKey | Self::SegmentWebhook)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_name_with_or_without_a_dataset() {
        use SecretUse::*;
        for (name, expected) in [
            ("META_ACCESS_TOKEN", Some((AccessToken, None))),
            ("META_ACCESS_TOKEN_1234567890", Some((AccessToken, Some("1234567890")))),
            ("META_APP_SECRET_42", Some((AppSecret, Some("42")))),
            ("BRIDGE_KEY", Some((BridgeKey, None))),
            ("SEGMENT_WRITE_KEY_42", Some((SegmentWriteKey, Some("42")))),
            ("SEGMENT_WEBHOOK_SECRET", Some((SegmentWebhook, None))),
            ("BRIDGE_KEY_42", None),
            ("META_ACCESS_TOKEN_", None),
            ("META_ACCESS_TOKEN_x", None),
            ("MY_META_ACCESS_TOKEN", None),
            ("PATH", None),
        ] {
            assert_eq!(SecretUse::of_name(name), expected, "{name}");
        }
    }
}
