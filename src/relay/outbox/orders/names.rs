//! Brings the names and the secrets of an order to the form that is hashed.

use crate::event::OrderMention;

/// The maximum number of names, of secrets and of accounts that count for one event. Each takes a
/// row or more.
const MAX_OF_A_KIND: usize = 4;
/// The maximum size of one of them, in bytes.
const MAX_BYTES: usize = 256;
/// The minimum size of a secret of an order, in bytes. A shorter one can be guessed.
const MIN_SECRET_BYTES: usize = 8;

/// Returns the public names of an order. `#1001` and `1001` are the same name, because Shopify
/// shows the one and sends the other. The case of letters does not count.
pub(in crate::relay::outbox) fn names(mention: &OrderMention) -> Vec<String> {
    distinct(&mention.names, |name| name.trim_start_matches('#').trim().to_ascii_lowercase())
}

/// Returns the secrets of an order that cannot be guessed: at least 8 bytes, and not only digits.
pub(in crate::relay::outbox) fn secrets(mention: &OrderMention) -> Vec<String> {
    let is_secret = |secret: &str| {
        secret.len() >= MIN_SECRET_BYTES && !secret.bytes().all(|byte| byte.is_ascii_digit())
    };
    distinct(
        &mention.secrets,
        |secret| {
            if is_secret(secret) { secret.to_owned() } else { String::new() }
        },
    )
}

/// Returns the names of what later orders share with this one.
pub(in crate::relay::outbox) fn accounts(mention: &OrderMention) -> Vec<String> {
    distinct(&mention.accounts, str::to_owned)
}

fn distinct(texts: &[String], read: impl Fn(&str) -> String) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        let text = read(text.trim());
        let is_usable = !text.is_empty() && text.len() <= MAX_BYTES && !all.contains(&text);
        if is_usable && all.len() < MAX_OF_A_KIND {
            all.push(text);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> OrderMention {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        OrderMention { names: texts.clone(), secrets: texts, ..OrderMention::default() }
    }

    #[test]
    fn a_name_with_and_without_its_sign_is_one_name() {
        assert_eq!(names(&of(&["#1001", "1001", " 1001 ", "", "#"])), ["1001"]);
        assert_eq!(names(&of(&["EN-7", "en-7"])), ["en-7"]);
        assert_eq!(names(&of(&["1", "2", "3", "4", "5"])), ["1", "2", "3", "4"]);
        assert!(names(&of(&[&"9".repeat(257)])).is_empty());
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_none() {
        assert_eq!(secrets(&of(&["wc_order_abc", "c0ffee01"])), ["wc_order_abc", "c0ffee01"]);
        assert!(secrets(&of(&["1001", "1234567890123", "abc", ""])).is_empty());
    }
}
