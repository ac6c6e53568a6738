//! Finds the known word that a misspelt one probably means.

/// The number of letters for each allowed edit. The letters of the shorter word count.
const LETTERS_PER_EDIT: usize = 3;

/// Returns the known word that is most like `word`: "did you mean …?". Upper and lower case count
/// as equal. Returns `None` if no word is near, or if `word` is itself one of them.
///
/// ```
/// use capi_bridge::relay::nearest;
///
/// assert_eq!(nearest("allowdOrigins", &["datasets", "allowedOrigins"]), Some("allowedOrigins"));
/// assert_eq!(nearest("secret", &["datasets", "allowedOrigins"]), None);
/// ```
#[must_use]
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    if known.contains(&word) {
        return None;
    }
    let lower = word.to_lowercase();
    known
        .iter()
        .filter_map(|&candidate| {
            let letters = word.chars().count().min(candidate.chars().count());
            let allowed = (letters / LETTERS_PER_EDIT).max(1);
            // A key may be as long as the whole document, and the distance costs the product of
            // both lengths.
            if word.len() > 4 * candidate.len() {
                return None;
            }
            let edits = strsim::osa_distance(&lower, &candidate.to_lowercase());
            (edits <= allowed).then_some((edits, candidate))
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 5] =
        ["datasets", "allowedOrigins", "holdSeconds", "rateLimit", "maxBodyBytes"];

    #[test]
    fn a_misspelt_word_is_near_the_one_that_was_meant() {
        for (word, meant) in [
            ("dataset", "datasets"),
            ("dtaasets", "datasets"),
            ("allowed_origins", "allowedOrigins"),
            ("allowedorigins", "allowedOrigins"),
            ("ALLOWED_ORIGINS", "allowedOrigins"),
            ("allowedOrigin", "allowedOrigins"),
            ("holdSecond", "holdSeconds"),
            ("ratelimits", "rateLimit"),
            ("maxBodyByte", "maxBodyBytes"),
        ] {
            assert_eq!(nearest(word, &KEYS), Some(meant), "{word}");
        }
    }

    #[test]
    fn a_word_of_its_own_is_near_none() {
        for word in ["", "x", "tokens", "pixel", "accessToken", "seconds", "日本語", "datasets"]
        {
            assert_eq!(nearest(word, &KEYS), None, "{word}");
        }
    }

    #[test]
    fn a_very_long_word_costs_nothing() {
        assert_eq!(nearest(&"datasets".repeat(1_000_000), &KEYS), None);
    }
}
