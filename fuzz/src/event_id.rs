//! Event ids: given, derived, random.

use capi_bridge::identifiers::EventId;
use sha2::{Digest, Sha256};

/// The first line is an event name, the rest an order id; all of it is an id that was given.
pub fn any(input: &[u8]) {
    let text = crate::text(input);
    let (event_name, order_id) = crate::first_line(&text);

    for given in [text.as_str(), order_id] {
        let is_one = !given.trim().is_empty()
            && crate::utf16_length(given) <= 256
            && !given.chars().any(char::is_control);
        let id = EventId::given(given);
        assert_eq!(id.as_ref().ok().map(EventId::as_str), is_one.then_some(given));
    }

    let derived = EventId::derived(event_name, order_id);
    let mut expected = String::new();
    for byte in Sha256::digest(format!("{event_name}:{order_id}")).iter().take(16) {
        expected.push_str(&format!("{byte:02x}"));
    }
    assert_eq!(derived.as_str(), expected);
    assert_eq!(EventId::given(&expected), Ok(derived));

    let mut entropy = [0; 16];
    entropy.iter_mut().zip(input).for_each(|(bits, byte)| *bits = *byte);
    let random = EventId::random(entropy);
    assert!(crate::is_lower_hex(random.as_str(), 32));
    assert_eq!(u128::from_str_radix(random.as_str(), 16), Ok(u128::from_be_bytes(entropy)));
}
