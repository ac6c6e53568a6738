//! SHA-256 (FIPS 180-4) on top of sha2's block function. sha2's `Digest` would add as many bytes to
//! a page as the compression itself. Event ids and customer information use this module.

use sha2::block_api::compress256;

/// The first 32 bits of the fractional parts of the square roots of the first eight primes.
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Returns the digest of a message as eight words.
pub(crate) fn digest(mut message: Vec<u8>) -> [u32; 8] {
    let bits = message.len() as u64 * 8;
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    for place in (0..8).rev() {
        message.push((bits >> (8 * place)) as u8);
    }
    let mut state = START;
    compress256(&mut state, message.as_chunks().0);
    state
}

/// Returns words in lower-case hexadecimal, eight digits each.
pub(crate) fn hex(words: &[u32]) -> String {
    let mut text = String::new();
    if !cfg!(feature = "browser") {
        // In a page, code that reserves room costs more bytes than growing the text.
        text.reserve(8 * words.len());
    }
    for word in words {
        for place in (0..8).rev() {
            text.push(char::from(DIGITS[(word >> (4 * place) & 15) as usize]));
        }
    }
    text
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn is_sha2s_own_digest_at_every_length_around_the_blocks() {
        for length in 0..260_usize {
            let message: Vec<u8> = (0..length).map(|at| (at * 7 + length) as u8).collect();
            let expected: String =
                Sha256::digest(&message).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex(&digest(message)), expected, "{length} bytes");
        }
    }
}
