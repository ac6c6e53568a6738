//! Checks the signatures of webhooks: an HMAC over the bytes of a body.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{KeyInit, Mac};

/// Base64 with or without padding.
const ANY_PADDING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Returns true if `signature` is the HMAC of the parts under a secret. The comparison takes constant
/// time.
pub(super) fn is_signed<M: Mac + KeyInit>(
    secret: &[u8],
    parts: &[&[u8]],
    signature: &[u8],
) -> bool {
    // HMAC takes a key of any length, so this never fails.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(secret) else { return false };
    parts.iter().for_each(|part| mac.update(part));
    mac.verify_slice(signature).is_ok()
}

/// Returns the bytes of a text of hexadecimal digits, in small letters or capitals.
pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.trim().chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits?;
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok()).collect()
}

/// Returns the bytes of a text in base64.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    ANY_PADDING.decode(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_in_each_spelling_of_their_encoding() {
        assert_eq!(hex(" 00fF "), Some(vec![0, 255]));
        for wrong in ["0", "0g", "0x00", "é0"] {
            assert_eq!(hex(wrong), None, "{wrong}");
        }
        for text in ["+/8=", "+/8", " +/8= "] {
            assert_eq!(base64(text), Some(vec![251, 255]), "{text}");
        }
        for wrong in ["-_8", "+/8==", "+"] {
            assert_eq!(base64(wrong), None, "{wrong}");
        }
    }
}
