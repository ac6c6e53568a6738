//! Recognises hashes of placeholders: texts that programs write if a person gave no value.

/// The SHA-256 of texts that programs write in place of a missing value. The first is the hash of
/// the empty text, which Meta's reference lists under "never send".
const PLACEHOLDERS: [(&str, &str); 10] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (" ", "36a9e7f1c95b82ffb99743e0c5c4ce95d83c9a430aac59f84ef3cbfab6145068"),
    ("null", "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b"),
    ("undefined", "eb045d78d273107348b0300c01d29b7552d622abbc6faf81b3ec55359aa9950c"),
    ("unknown", "b23a6a8439c0dde5515893e7c90c1e3233b8616e634470f20dc4928bcf3609bc"),
    ("n/a", "a683c5c5349f6f7fb903ba8a9e7e55d0ba1b8f03579f95be83f4954c33e81098"),
    ("[object object]", "c9a560c74de368dcd2e6ac5544ad12a9afd32584b71a52147303479f726e0408"),
    ("(null)", "2874d7800fecae20844f682696920b2853453cd32c47e1362a776203d0229b14"),
    ("(none)", "552e423045fcbd949252397b4bee754f0b8f99b1bbbe41edc9b25dbfc81b146a"),
    ("(not set)", "34292f4267fcc40572e19d90988467838747a21321372edf934e1d1c0f3e65f2"),
];
/// The SHA-256 of placeholders that are also names, so they are allowed in `fn` and `ln`.
const PLACEHOLDERS_BUT_NAMES: [(&str, &str); 3] = [
    ("none", "140bedbf9c3f6d56a9846d2ba7088798683f4da0c248231336e6a05679e4fdfe"),
    ("nan", "9b2d5b4678781e53038e91ea5324530a03f27dc1d0e5f6c9bc9d493a23be9de0"),
    ("nil", "5da3a4c7f117944275b4c8629c4916403625d5a4a6573a01ecb03f0e9d2edbe6"),
];

/// Returns true if a hash is that of a placeholder in the field with this key of Meta's. The hash
/// may have the appendix of Meta's parameter builder.
#[must_use]
pub(crate) fn is_placeholder(key: &str, hash: &str) -> bool {
    let digits = hash.split_once('.').map_or(hash, |(digits, _)| digits);
    let is_one_of = |all: &[(&str, &str)]| {
        all.iter().any(|(_, placeholder)| digits.eq_ignore_ascii_case(placeholder))
    };
    is_one_of(&PLACEHOLDERS) || !matches!(key, "fn" | "ln") && is_one_of(&PLACEHOLDERS_BUT_NAMES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256;

    #[test]
    fn each_hash_is_that_of_its_text() {
        for (text, hash) in PLACEHOLDERS.into_iter().chain(PLACEHOLDERS_BUT_NAMES) {
            assert_eq!(sha256::hex(&sha256::digest(text.as_bytes().to_vec())), hash, "{text}");
        }
    }

    #[test]
    fn none_may_be_a_name_and_no_e_mail_address() {
        let (_, none) = PLACEHOLDERS_BUT_NAMES[0];
        assert!(is_placeholder("em", none) && !is_placeholder("fn", none));
        let (_, empty) = PLACEHOLDERS[0];
        assert!(is_placeholder("fn", &format!("{}.AQ", empty.to_uppercase())));
        assert!(!is_placeholder("em", &"a".repeat(64)));
    }
}
