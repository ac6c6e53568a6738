//! Tests the vectors of `tests/vectors/customer/`, the table of divergences in the documentation,
//! and properties of every input.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

use capi_bridge::customer::{Field, Hashed, Options, Reason, hash, normalize, problem, sha256_hex};
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Runs every row of a data file and reports all that fail, by name.
fn each<Row: DeserializeOwned>(file: &str, check: impl Fn(&Row) -> Result<(), String>) {
    let rows: Vec<Row> =
        serde_json::from_str(&read(&format!("tests/vectors/customer/{file}"))).unwrap();
    assert!(!rows.is_empty());
    let failures: Vec<String> = rows.iter().filter_map(|row| check(row).err()).collect();
    assert!(failures.is_empty(), "{file}\n{}", failures.join("\n"));
}

/// Returns the normalised forms of a value, or the code of the reason why it has none.
fn forms(field: &str, raw: &str, options: &Options<'_>) -> Result<Vec<String>, &'static str> {
    match normalize(Field::from_key(field).unwrap(), raw, options) {
        Ok(forms) => Ok(forms.iter().map(|form| form.as_str().to_owned()).collect()),
        Err(reason) => Err(reason.code()),
    }
}

fn hashes(field: Field, raw: &str, options: &Options<'_>) -> Vec<String> {
    let hashes = hash(field, raw, options).unwrap_or_default();
    hashes.iter().map(|hash| hash.as_str().to_owned()).collect()
}

#[derive(Deserialize)]
struct ReferenceRow {
    name: String,
    field: String,
    raw: String,
    country: Option<String>,
    /// The index of this form, if the value has several.
    #[serde(default)]
    at: usize,
    normalized: String,
    hash: String,
}

#[test]
fn every_vector_of_metas_documents_gets_its_hash() {
    each("reference.json", |row: &ReferenceRow| {
        let options = Options { default_country: row.country.as_deref(), ..Options::default() };
        let forms = forms(&row.field, &row.raw, &options).unwrap_or_default();
        let hashes = hashes(Field::from_key(&row.field).unwrap(), &row.raw, &options);
        if forms.get(row.at) == Some(&row.normalized) && hashes.get(row.at) == Some(&row.hash) {
            Ok(())
        } else {
            Err(format!("{}: {forms:?} {hashes:?}", row.name))
        }
    });
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleRow {
    name: String,
    field: String,
    raw: String,
    country: Option<String>,
    this_year: Option<u16>,
    normalized: Option<Vec<String>>,
    code: Option<String>,
    /// The code of the problem of the default country, for a value that has forms.
    problem: Option<String>,
}

#[test]
fn every_rule_gives_its_forms_or_its_reason() {
    each("rules.json", |row: &RuleRow| {
        let options = Options { default_country: row.country.as_deref(), this_year: row.this_year };
        let expected = match (&row.normalized, &row.code) {
            (Some(forms), None) => Ok(forms.clone()),
            (None, Some(code)) => Err(code.as_str()),
            _ => return Err(format!("{}: expected normalized or code", row.name)),
        };
        let got = forms(&row.field, &row.raw, &options);
        if got != expected {
            return Err(format!("{}: {got:?}, expected {expected:?}", row.name));
        }
        let field = Field::from_key(&row.field).unwrap();
        let problem = problem(field, &row.raw, &options).map(Reason::code);
        let expected = row.code.as_deref().or(row.problem.as_deref());
        // A value that is already hashed has no forms, and nothing is wrong with it.
        if problem == expected || expected == Some("already_hashed") {
            Ok(())
        } else {
            Err(format!("{}: {problem:?}, expected {expected:?}", row.name))
        }
    });
}

/// Returns the texts between backticks in a table cell.
fn code_spans(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_table_of_divergences_in_the_documentation_is_what_the_code_does() {
    let document = read("docs/customer-information.md");
    let rows: Vec<Vec<&str>> = document
        .lines()
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>())
        .filter(|cells| cells.len() == 6 && cells[0].starts_with('`'))
        .collect();
    assert!(rows.len() > 50, "only {} rows read", rows.len());
    let mut failures = Vec::new();
    for cells in rows {
        let field = code_spans(cells[0]).remove(0);
        let country = cells[0].split(['[', ']']).nth(1);
        let raw = code_spans(cells[1]).remove(0);
        let options = Options { default_country: country, ..Options::default() };
        let got = forms(&field, &raw, &options);
        let sent = code_spans(cells[4]);
        let expected =
            if cells[4].starts_with("dropped") { Err(sent[0].as_str()) } else { Ok(sent.clone()) };
        if got != expected {
            failures.push(format!("{field} {raw}: {got:?}, documented {expected:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_empty_string_is_never_hashed() {
    for field in Field::ALL {
        assert_eq!(hash(field, "", &Options::default()).unwrap_err().code(), "empty");
        assert_eq!(hash(field, "\u{200b} \t", &Options::default()).unwrap_err().code(), "empty");
    }
}

#[test]
fn a_hash_is_passed_on_and_never_hashed_again() {
    let hash_of_jane = sha256_hex(b"jane@example.com");
    for field in Field::ALL {
        let options = Options::default();
        assert_eq!(hashes(field, &hash_of_jane, &options), [hash_of_jane.as_str()]);
        let shouted = format!("\u{feff} {}\n", hash_of_jane.to_uppercase());
        assert_eq!(hashes(field, &shouted, &options), [hash_of_jane.as_str()]);
    }
}

#[test]
fn a_hash_with_an_appendix_of_the_parameter_builder_is_left_untouched() {
    let digits = "8C87B489CE35CF2E2F39F80E282CB2E804932A56A213983EEEB428407D43B52D";
    for appendix in ["AQ", "Bg", "AQECAQAA", "a-b_c-d_"] {
        let value = format!("{digits}.{appendix}");
        assert_eq!(Hashed::parse(&value).unwrap().as_str(), value);
        assert_eq!(hashes(Field::Email, &value, &Options::default()), [value]);
    }
    for wrong in ["", "A", "AQE", "ééé!", "AQ AQ", "AQECAQAAA", "A\r\nBCDEF"] {
        assert!(Hashed::parse(&format!("{digits}.{wrong}")).is_none(), "{wrong:?}");
    }
}

#[test]
fn anything_but_64_hexadecimal_digits_is_no_hash() {
    let digits = sha256_hex(b"");
    for wrong in
        ["", "abc", &digits[1..], &format!("{digits}0"), &digits.replace('e', "g"), &digits[..32]]
    {
        assert!(Hashed::parse(wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn typescript_has_the_fields_in_the_order_of_rust() {
    let keys: Vec<&str> = Field::ALL.iter().map(|field| field.key()).collect();
    let between = |file: &str, start: &str, end: &str| {
        let source = read(file);
        let (_, rest) = source.split_once(start).unwrap();
        rest.split_once(end).unwrap().0.to_owned()
    };
    let in_quotes = |text: &str| -> Vec<String> {
        text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let of_back_ends = between("src/shell/core/customer.ts", "const FIELDS = [", "]");
    assert_eq!(in_quotes(&of_back_ends), keys);
    let of_pages = between("src/shell/browser/customer.ts", "][] = [\n", "\n];");
    let of_pages: Vec<String> = of_pages.lines().map(|line| in_quotes(line).remove(0)).collect();
    assert_eq!(of_pages, keys);
}

#[test]
fn keys_are_metas_and_lead_back_to_their_fields() {
    for field in Field::ALL {
        assert_eq!(Field::from_key(field.key()), Some(field));
    }
    for key in ["", "EM", "email", "client_ip_address", "fbp", "fbc"] {
        assert_eq!(Field::from_key(key), None);
    }
}

/// Generates text as people, programs and attackers write it.
fn any_text() -> impl Strategy<Value = String> {
    let telling = "[-+@.,;:'\"/()\\[\\]# 0-9a-zA-Zéüßİς東京정①٣०\u{301}\u{200d}\u{fe0f}\u{338}\u{1100}\u{1161}\u{a0}]{0,40}";
    prop_oneof![
        any::<String>(),
        telling,
        "\\PC{0,60}",
        "[+0-9() -]{0,20}",
        "[0-9]{1,4}[-/. ][0-9]{1,4}[-/. ][0-9]{1,4}"
    ]
}

fn any_country() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(prop_oneof![
        "[A-Z]{2}",
        Just("GB".to_owned()),
        Just("US".to_owned()),
        Just("IT".to_owned()),
        any::<String>()
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_input_gives_hashes_of_64_digits_or_a_reason(
        raw in any_text(), country in any_country(), this_year in any::<Option<u16>>(),
    ) {
        let options = Options { default_country: country.as_deref(), this_year };
        for field in Field::ALL {
            match hash(field, &raw, &options) {
                Ok(hashes) => {
                    prop_assert!(!hashes.is_empty());
                    for (at, hash) in hashes.iter().enumerate() {
                        prop_assert!(hash.as_str().len() == 64);
                        prop_assert!(hash.as_str().bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
                        prop_assert!(hash.as_str() != sha256_hex(b""));
                        prop_assert!(!hashes[..at].contains(hash), "twice");
                    }
                }
                Err(reason) => prop_assert!(!reason.code().is_empty() && !reason.text().is_empty()),
            }
        }
    }

    #[test]
    fn normalising_twice_is_normalising_once(raw in any_text(), country in any_country()) {
        for field in Field::ALL {
            let options = Options { default_country: country.as_deref(), ..Options::default() };
            let Ok(once) = normalize(field, &raw, &options) else { continue };
            // A phone number in its final form carries its country; see the documentation.
            let again = if field == Field::Phone { Options::default() } else { options };
            let twice = normalize(field, once[0].as_str(), &again);
            prop_assert_eq!(
                twice.ok().map(|forms| forms[0].as_str().to_owned()),
                Some(once[0].as_str().to_owned()),
                "{}", field.key()
            );
        }
    }

    #[test]
    fn composed_and_decomposed_text_have_the_same_first_form(raw in any_text()) {
        use unicode_normalization::UnicodeNormalization;
        let (composed, decomposed): (String, String) = (raw.nfc().collect(), raw.nfd().collect());
        for field in Field::ALL.into_iter().filter(|&field| field != Field::ExternalId) {
            let first = |raw: &String| {
                normalize(field, raw, &Options::default()).map(|forms| forms[0].as_str().to_owned()).ok()
            };
            if composed.len() <= 1024 && decomposed.len() <= 1024 {
                prop_assert_eq!(first(&composed), first(&decomposed), "{}", field.key());
            }
        }
    }

    #[test]
    fn hashing_a_hash_returns_it(raw in any_text()) {
        for field in Field::ALL {
            for hashed in hash(field, &raw, &Options::default()).unwrap_or_default() {
                prop_assert_eq!(hash(field, hashed.as_str(), &Options::default()), Ok(vec![hashed]));
            }
        }
    }
}
