//! Finds a denied category of advertising by its name.

use serde_json::{Map, Value};

use super::choice::{Choice, plain};

/// The categories that consent platforms use for advertising, without punctuation and capitals:
/// Segment's, Google's and Shopify's words, and OneTrust's groups for targeting and for social media.
const ADVERTISING: [&str; 14] = [
    "ads",
    "advertisement",
    "advertisements",
    "advertising",
    "adpersonalization",
    "adstorage",
    "aduserdata",
    "c0004",
    "c0005",
    "marketing",
    "marketingallowed",
    "saleofdata",
    "saleofdataallowed",
    "targeting",
];
/// Parts of words in the name of a category of advertising, in the languages of shops. Both Greek
/// spellings occur.
const PARTS_OF_ADVERTISING: [&str; 26] = [
    "advert",
    "marketing",
    "targeting",
    "targeted",
    "werbung",
    "publicit",
    "publicidad",
    "pubblicit",
    "reclame",
    "reklam",
    "annons",
    "annonc",
    "mainont",
    "mainonn",
    "markkinoin",
    "markedsf",
    "marknadsf",
    "hirdet",
    "διαφήμι",
    "διαφημι",
    "реклам",
    "маркетинг",
    "広告",
    "广告",
    "廣告",
    "광고",
];
/// Phrases in the name of a category of advertising, without punctuation and capitals.
const PHRASES_OF_ADVERTISING: [&str; 2] = ["saleofdata", "socialmedia"];
/// Words of the name of a category of advertising. They are too short to be found inside others.
const WORDS_OF_ADVERTISING: [&str; 6] = ["ad", "ads", "c0004", "c0005", "facebook", "meta"];
/// Phrases in the name of a detail of a consent whose yes means no.
const PHRASES_OF_OPT_OUT: [&str; 3] = ["optout", "optedout", "donot"];
/// The categories that consent platforms use for everything except advertising.
const NOT_ADVERTISING: [&str; 27] = [
    "analytics",
    "analyticsstorage",
    "c0001",
    "c0002",
    "c0003",
    "essential",
    "essenziell",
    "functional",
    "functionality",
    "funktional",
    "measurement",
    "necessary",
    "notwendig",
    "performance",
    "personalization",
    "preference",
    "preferences",
    "required",
    "security",
    "statistic",
    "statistics",
    "statistik",
    "statistiken",
    "strictlynecessary",
    "support",
    "technical",
    "technisch",
];
/// Words of a category's name that do not change its meaning.
const FILLERS: [&str; 6] = ["and", "cookie", "cookies", "strictly", "und", "unbedingt"];

/// Returns true if a category of advertising is denied. A workspace of Segment names its own
/// categories. There, an unknown category may be the one of advertising. It is denied if no
/// category is allowed but those that are known for something else.
pub(super) fn is_denied(preferences: &Map<String, Value>, has_names_of_its_own: bool) -> bool {
    let mut has_yes = false;
    let mut has_unknown_no = false;
    for (name, value) in preferences {
        let Some(choice) = Choice::of(value) else { continue };
        let is_yes = choice == Choice::Yes;
        let plain_name = plain(name);
        match purpose(name, &plain_name) {
            Purpose::Advertising if has_names_of_its_own => {
                if !is_yes {
                    return true;
                }
                has_yes = true;
            }
            Purpose::Advertising if is_denied_detail(&plain_name, value, choice) => return true,
            Purpose::Advertising | Purpose::Other => {}
            Purpose::Unknown => {
                has_yes |= is_yes;
                has_unknown_no |= !is_yes;
            }
        }
    }
    has_names_of_its_own && has_unknown_no && !has_yes
}

/// Returns true if a member of a consent denies advertising. Beside categories a consent may have
/// details such as `ads_updated_at`, `marketing_opt_out` and `meta`.
fn is_denied_detail(plain_name: &str, value: &Value, choice: Choice) -> bool {
    if PHRASES_OF_OPT_OUT.iter().any(|phrase| plain_name.contains(phrase)) {
        choice == Choice::Yes
    } else if ADVERTISING.contains(&plain_name) {
        choice != Choice::Yes
    } else {
        choice == Choice::No && !(plain_name == "meta" && value.is_object())
    }
}

/// The purpose of a category.
enum Purpose {
    Advertising,
    /// It is known to be something else.
    Other,
    Unknown,
}

fn purpose(name: &str, plain_name: &str) -> Purpose {
    let words = words(name);
    let is_word_of = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let is_other = |word: &String| {
        NOT_ADVERTISING.contains(&word.as_str()) || FILLERS.contains(&word.as_str())
    };
    if ADVERTISING.contains(&plain_name)
        || PHRASES_OF_ADVERTISING.iter().any(|phrase| plain_name.contains(phrase))
        || PARTS_OF_ADVERTISING.iter().any(|part| words.iter().any(|word| word.contains(part)))
        || is_word_of(&WORDS_OF_ADVERTISING)
    {
        Purpose::Advertising
    } else if NOT_ADVERTISING.contains(&plain_name)
        || (is_word_of(&NOT_ADVERTISING) && words.iter().all(is_other))
    {
        Purpose::Other
    } else {
        Purpose::Unknown
    }
}

/// Returns the words of a name in lower case. `personalizedAds` has two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    let is_accent = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
    for letter in name.chars().filter(|letter| !is_accent(letter)) {
        if !letter.is_alphanumeric() || (was_lower && letter.is_uppercase()) {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        was_lower = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}
