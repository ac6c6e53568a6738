//! The names of the secrets that an operator sets. This is the only list of them.

use crate::sources::orders::Shop;

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
    /// Signs the requests of a webhook of this shop or payment provider.
    ShopWebhook(Shop),
    /// Signs the requests of a webhook in the setting `webhooks`.
    Webhook,
    /// Encrypts the order memory.
    OrderMemory,
}

/// The part of a secret's name after its first part and an underscore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// None.
    None,
    /// None, or the id of a dataset, as in `META_ACCESS_TOKEN_1234567890`.
    Dataset,
    /// The name of a webhook in capitals, as in `WEBHOOK_SECRET_MY_SHOP`.
    Webhook,
}

/// The secrets: the first part of each name, its ending, and the use.
const SECRETS: [(&str, Ending, SecretUse); 10] = [
    ("META_ACCESS_TOKEN", Ending::Dataset, SecretUse::AccessToken),
    ("META_APP_SECRET", Ending::Dataset, SecretUse::AppSecret),
    ("BRIDGE_KEY", Ending::None, SecretUse::BridgeKey),
    ("SEGMENT_WRITE_KEY", Ending::Dataset, SecretUse::SegmentWriteKey),
    ("SEGMENT_WEBHOOK_SECRET", Ending::Dataset, SecretUse::SegmentWebhook),
    ("WOOCOMMERCE_WEBHOOK_SECRET", Ending::Dataset, SecretUse::ShopWebhook(Shop::WooCommerce)),
    ("SHOPIFY_WEBHOOK_SECRET", Ending::Dataset, SecretUse::ShopWebhook(Shop::Shopify)),
    ("STRIPE_WEBHOOK_SECRET", Ending::Dataset, SecretUse::ShopWebhook(Shop::Stripe)),
    ("WEBHOOK_SECRET", Ending::Webhook, SecretUse::Webhook),
    ("ORDER_SECRET", Ending::None, SecretUse::OrderMemory),
];

impl SecretUse {
    /// Returns the use of an environment variable and the ending of its name: the id of a dataset,
    /// or the name of a webhook. Returns `None` if the variable is not a secret of the worker.
    #[must_use]
    pub fn of_name(name: &str) -> Option<(Self, Option<&str>)> {
        SECRETS.iter().find_map(|&(secret, may_end_with, used_for)| {
            let rest = name.strip_prefix(secret)?;
            if rest.is_empty() {
                return (may_end_with != Ending::Webhook).then_some((used_for, None));
            }
            let ending = rest.strip_prefix('_').filter(|ending| !ending.is_empty())?;
            let is_right = match may_end_with {
                Ending::None => false,
                Ending::Dataset => ending.bytes().all(|byte| byte.is_ascii_digit()),
                Ending::Webhook => ending
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'),
            };
            is_right.then_some((used_for, Some(ending)))
        })
    }

    /// Returns the name of the secret of a shop's webhook, without a dataset.
    #[must_use]
    pub fn name_of_shop(shop: Shop) -> &'static str {
        let of_shop = SECRETS.iter().find(|(_, _, used_for)| *used_for == Self::ShopWebhook(shop));
        of_shop.map_or("", |(name, _, _)| name)
    }

    /// Returns the name of the secret of a webhook in the setting `webhooks`.
    #[must_use]
    pub fn name_of_webhook(webhook: &str) -> String {
        format!("WEBHOOK_SECRET_{}", webhook.to_ascii_uppercase().replace('-', "_"))
    }

    /// Returns true if senders authenticate with this secret.
    #[must_use]
    pub fn is_of_senders(self) -> bool {
        match self {
            Self::AccessToken | Self::AppSecret | Self::OrderMemory => false,
            Self::BridgeKey
            | Self::SegmentWriteKey
            | Self::SegmentWebhook
            | Self::ShopWebhook(_)
            | Self::Webhook => true,
        }
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
            ("WOOCOMMERCE_WEBHOOK_SECRET", Some((ShopWebhook(Shop::WooCommerce), None))),
            ("SHOPIFY_WEBHOOK_SECRET_42", Some((ShopWebhook(Shop::Shopify), Some("42")))),
            ("STRIPE_WEBHOOK_SECRET_7", Some((ShopWebhook(Shop::Stripe), Some("7")))),
            ("WEBHOOK_SECRET_MY_SHOP", Some((Webhook, Some("MY_SHOP")))),
            ("WEBHOOK_SECRET", None),
            ("WEBHOOK_SECRET_", None),
            ("WEBHOOK_SECRET_shop", None),
            ("STRIPE_WEBHOOK_SECRET_x", None),
            ("ORDER_SECRET", Some((OrderMemory, None))),
            ("ORDER_SECRET_42", None),
            ("BRIDGE_KEY_42", None),
            ("META_ACCESS_TOKEN_", None),
            ("META_ACCESS_TOKEN_x", None),
            ("MY_META_ACCESS_TOKEN", None),
            ("PATH", None),
        ] {
            assert_eq!(SecretUse::of_name(name), expected, "{name}");
        }
    }

    #[test]
    fn each_webhook_is_told_the_name_of_its_secret() {
        for shop in Shop::ALL {
            let name = SecretUse::name_of_shop(shop);
            assert_eq!(SecretUse::of_name(name), Some((SecretUse::ShopWebhook(shop), None)));
        }
        let name = SecretUse::name_of_webhook("my-shop");
        assert_eq!(SecretUse::of_name(&name), Some((SecretUse::Webhook, Some("MY_SHOP"))));
    }
}
