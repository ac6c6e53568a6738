//! Reads JSON bodies so that one bad event does not affect the others.
//!
//! serde_json reads a valid body, and nothing else is needed. Only if that fails, the reader in
//! this file reads the body again. It reads what senders were observed to write:
//!
//! - half a surrogate pair (`"\ud83d"`, JavaScript's `slice` of an emoji) and bytes that are no
//!   UTF-8 become U+FFFD, as on the web platform;
//! - raw control characters in text stay unchanged;
//! - `NaN`, `Infinity`, `1e999` and numbers that JSON does not have (`01`, `.5`) are left out and
//!   named; in place of a limit, such as `opt_out`, they limit;
//! - a value below 64 levels is left out and named;
//! - an event that cannot be read at all is refused, and the next one is read.
//!
//! A body that ends too early or is not an object is refused as a whole. If two fields have the
//! same name, the later one counts, as in every browser.
//!
//! serde_json has no such mode. Its fork `serde_json_lenient` also refuses the whole body for one
//! number, and it would add a second JSON library to the module.

use serde_json::{Map, Value};

use super::limits;
use crate::event::{MOST_NAMED, Problem};

/// The maximum number of nested lists and objects. The rules for events allow fewer.
const MAX_LEVELS: usize = 64;
/// Unicode's replacement character, for bytes and escapes that are not a character.
const REPLACEMENT: char = '\u{fffd}';

/// One element of a list, read by itself.
#[derive(Debug, Default, PartialEq)]
pub struct Element {
    /// The element. It is `None` if it could not be read; the problems say why.
    pub value: Option<Value>,
    /// The problems of its JSON.
    pub problems: Vec<Problem>,
}

/// A JSON object with one list that was read element by element.
#[derive(Debug, Default)]
pub struct Document {
    /// Every field except the list.
    pub fields: Map<String, Value>,
    /// The list, if the object has it.
    pub list: Option<Vec<Element>>,
    /// The problems of the fields' JSON.
    pub problems: Vec<Problem>,
}

/// The reason why a body is not a JSON object.
#[derive(Debug)]
pub enum Broken {
    /// It is JSON, but not an object.
    NoObject,
    /// It is not JSON. The sentence says where.
    NoJson(String),
}

impl From<Value> for Element {
    fn from(value: Value) -> Self {
        Self { value: Some(value), problems: Vec::new() }
    }
}

impl Document {
    /// Splits the problems of the fields. Returns the first one of a field that decides about all
    /// events, or else the problems of the other fields, which are left out.
    pub fn undecided(&mut self, decides: &[&str]) -> Result<Vec<Problem>, Problem> {
        let problems = std::mem::take(&mut self.problems);
        let of_decision = |problem: &&Problem| {
            let field = problem.path.split(['.', '[']).next().unwrap_or_default();
            decides.contains(&field)
        };
        match problems.iter().find(of_decision) {
            Some(problem) => Err(problem.clone()),
            None => Ok(problems),
        }
    }

    /// Reads an object whose list `list` is read element by element.
    ///
    /// # Errors
    /// [`Broken`] for a body that is not an object.
    pub fn read(bytes: &[u8], list: &str) -> Result<Self, Broken> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(mut fields)) => {
                let list = match fields.remove(list) {
                    Some(Value::Array(values)) => {
                        Some(values.into_iter().map(Element::from).collect())
                    }
                    Some(other) => {
                        fields.insert(list.to_owned(), other);
                        None
                    }
                    None => None,
                };
                Ok(Self { fields, list, problems: Vec::new() })
            }
            Ok(_) => Err(Broken::NoObject),
            Err(error) => match Reader::new(bytes, "").document(list) {
                Ok(document) => Ok(document),
                Err(Unreadable) => Err(Broken::NoJson(not_json(&error))),
            },
        }
    }
}

/// Reads a list, element by element. `path` is its position, such as `data`.
///
/// # Errors
/// A sentence that says what was expected, for a text that is not a list.
pub fn list(text: &str, path: &str) -> Result<Vec<Element>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Array(values)) => Ok(values.into_iter().map(Element::from).collect()),
        Ok(_) => Err("expected a list of events".to_owned()),
        Err(error) => {
            let mut reader = Reader::new(text.as_bytes(), path);
            reader.blank();
            let elements = reader.list();
            reader.blank();
            elements.ok().filter(|_| reader.is_at_end()).ok_or_else(|| not_json(&error))
        }
    }
}

/// Reads one value. `path` is its position, such as `data[3]`.
#[must_use]
pub fn element(bytes: &[u8], path: &str) -> Element {
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        return value.into();
    }
    let mut reader = Reader::new(bytes, path);
    reader.blank();
    let value = reader.value(MAX_LEVELS);
    reader.blank();
    match value {
        Ok(value) if reader.is_at_end() => {
            Element { value: Some(value), problems: reader.problems }
        }
        _ => unreadable(path),
    }
}

/// Finds the text of a member of a JSON object, without building the values of the other members.
/// The last member of that name counts. Values that are not JSON are skipped, as in
/// [`Document::read`]. Returns `None` for a body that is not an object.
#[must_use]
pub fn text_of(bytes: &[u8], name: &str) -> Option<Option<String>> {
    let mut reader = Reader::new(bytes, "");
    let mut found = None;
    reader.blank();
    let read = reader.object(|reader, key| {
        if key == name && reader.peek() == Some(b'"') {
            found = Some(reader.text()?);
            return Ok(());
        }
        reader.skip()
    });
    reader.blank();
    (read.is_ok() && reader.is_at_end()).then_some(found)
}

/// Returns a sentence that says where a text is not JSON. It does not use serde's message, which
/// may repeat what was sent.
pub(super) fn not_json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Eof => "expected JSON; it ends too early".to_owned(),
        _ => format!(
            "expected JSON; it is none, or nested too deeply, at line {line} column {column}"
        ),
    }
}

/// The names of fields that an answer may repeat: those of Meta's documents and of the sources'
/// shapes. Every other name is the sender's own, and may be personal data.
const KNOWN: &str = " access_token action_source ad_personalization ad_storage ad_user_data \
    advertiser_tracking_enabled anonymousId app_data application_tracking_enabled attribution_data \
    batch brand category categoryPreferences client_ip_address client_user_agent consent \
    consent_state consentState content_category content_ids content_name content_type contents \
    context country ct currency custom_data customerPrivacy data data_processing_options \
    data_processing_options_country data_processing_options_state dataset_id db delivery_category \
    description ecommerce em event event_id event_name event_source_url event_time external_id \
    extinfo fbc fbp fn gcd gcs ge id init integrations item_id item_price items lead_id line_items \
    ln marketing_consent marketingConsent messageId meta_data name namespace_id net_revenue \
    note_attributes num_items opt_out order_id original_event_data page partner_agent ph \
    predicted_ltv price product_id products properties quantity referrer_url revenue search_string \
    sha256_phone_number source sst.gcd st status test_event_code timestamp title total traits transaction_id type \
    upload_id upload_source upload_tag user_data user_id userId value x-ga-gcd x-ga-gcs zp ";

/// Returns the name of a field if an answer may repeat it, or else `*`.
pub(super) fn shown(key: &str) -> &str {
    let is_word = !key.is_empty() && !key.contains(' ');
    if is_word && KNOWN.split(' ').any(|known| known == key) { key } else { "*" }
}

fn unreadable(path: &str) -> Element {
    let message = "expected JSON; this event is none";
    Element { value: None, problems: vec![Problem::refused("invalid_json", path, message)] }
}

/// The error for a text that is not JSON.
struct Unreadable;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    path: String,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], path: &str) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Self { bytes, at: 0, path: path.to_owned(), problems: Vec::new() }
    }

    fn document(mut self, list: &str) -> Result<Document, Unreadable> {
        let mut fields = Map::new();
        let mut elements = None;
        self.blank();
        self.object(|reader, key| {
            if key == list {
                elements = None;
                fields.remove(&key);
                if reader.peek() == Some(b'[') {
                    elements = Some(reader.below(&key, Self::list)?);
                    return Ok(());
                }
            }
            let value = reader.below(&key, |reader| reader.value(MAX_LEVELS))?;
            fields.insert(key, value);
            Ok(())
        })?;
        self.blank();
        if !self.is_at_end() {
            return Err(Unreadable);
        }
        Ok(Document { fields, list: elements, problems: self.problems })
    }

    /// Reads a list, each element separately.
    fn list(&mut self) -> Result<Vec<Element>, Unreadable> {
        let mut elements = Vec::new();
        let of_the_fields = std::mem::take(&mut self.problems);
        self.expect(b'[')?;
        self.blank();
        if self.take(b']') {
            self.problems = of_the_fields;
            return Ok(elements);
        }
        loop {
            self.blank();
            let start = self.at;
            let path = format!("{}[{}]", self.path, elements.len());
            let outer = std::mem::replace(&mut self.path, path);
            let value = self.value(MAX_LEVELS);
            self.blank();
            let mut problems = std::mem::take(&mut self.problems);
            let path = std::mem::replace(&mut self.path, outer);
            match value {
                Ok(value) if matches!(self.peek(), Some(b',' | b']')) => {
                    problems.truncate(MOST_NAMED);
                    elements.push(Element { value: Some(value), problems });
                }
                _ => {
                    self.at = start;
                    self.skip()?;
                    elements.push(unreadable(&path));
                }
            }
            if self.take(b']') {
                self.problems = of_the_fields;
                return Ok(elements);
            }
            self.expect(b',')?;
        }
    }

    /// Reads a value. `levels` is the number of nested lists and objects that are still allowed.
    fn value(&mut self, levels: usize) -> Result<Value, Unreadable> {
        match self.peek() {
            Some(b'{' | b'[') if levels == 0 => {
                self.skip()?;
                Ok(self.name("nested_too_deeply", "expected fewer levels of lists and objects"))
            }
            Some(b'{') => {
                let mut fields = Map::new();
                self.object(|reader, key| {
                    let value = reader.below(&key, |reader| reader.value(levels - 1))?;
                    fields.insert(key, value);
                    Ok(())
                })?;
                Ok(Value::Object(fields))
            }
            Some(b'[') => self.array(levels - 1),
            Some(b'"') => self.text().map(Value::String),
            _ => self.word(),
        }
    }

    fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, String) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        self.expect(b'{')?;
        self.blank();
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            self.blank();
            let key = self.text()?;
            self.blank();
            self.expect(b':')?;
            self.blank();
            field(self, key)?;
            self.blank();
            if self.take(b'}') {
                return Ok(());
            }
            self.expect(b',')?;
        }
    }

    fn array(&mut self, levels: usize) -> Result<Value, Unreadable> {
        let mut values = Vec::new();
        self.expect(b'[')?;
        self.blank();
        if self.take(b']') {
            return Ok(Value::Array(values));
        }
        loop {
            self.blank();
            let length = self.path.len();
            self.path.push_str(&format!("[{}]", values.len()));
            let value = self.value(levels);
            self.path.truncate(length);
            values.push(value?);
            self.blank();
            if self.take(b']') {
                return Ok(Value::Array(values));
            }
            self.expect(b',')?;
        }
    }

    /// Reads text between quotation marks.
    fn text(&mut self) -> Result<String, Unreadable> {
        self.expect(b'"')?;
        let mut text = String::new();
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let length =
                rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).ok_or(Unreadable)?;
            let plain = rest.get(..length).unwrap_or_default();
            text.push_str(&String::from_utf8_lossy(plain));
            self.at += length;
            if self.take(b'"') {
                return Ok(text);
            }
            self.at += 1;
            text.push(self.escape().ok_or(Unreadable)?);
        }
    }

    /// Returns the character of an escape, after its backslash, or `None` at the end of the text.
    fn escape(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unit().map_or(REPLACEMENT, |unit| self.character(unit)),
            // JSON has no other escape. The byte may be the first of a longer character, so it is
            // read as text.
            _ => {
                self.at -= 1;
                REPLACEMENT
            }
        })
    }

    /// Returns the character of a UTF-16 unit. Reads the second unit of a pair if it follows.
    fn character(&mut self, unit: u16) -> char {
        let start = self.at;
        if (0xd800..0xdc00).contains(&unit) && self.take(b'\\') && self.take(b'u') {
            let second = self.unit().unwrap_or_default();
            if let Some(Ok(pair)) = char::decode_utf16([unit, second]).next() {
                return pair;
            }
            // The second unit is a separate character.
        }
        self.at = start;
        char::from_u32(unit.into()).unwrap_or(REPLACEMENT)
    }

    /// Reads four hexadecimal digits. If there are fewer, it reads nothing.
    fn unit(&mut self) -> Option<u16> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        let digits = std::str::from_utf8(digits).ok()?;
        let is_unit = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let unit = is_unit.then(|| u16::from_str_radix(digits, 16).ok())??;
        self.at += 4;
        Some(unit)
    }

    /// Reads a number or a word such as `true`.
    fn word(&mut self) -> Result<Value, Unreadable> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._".contains(byte);
        let length = rest.iter().take_while(|byte| is_of_word(byte)).count();
        let word = rest.get(..length).and_then(|word| std::str::from_utf8(word).ok());
        let word = word.ok_or(Unreadable)?;
        if let Ok(value) = serde_json::from_str(word) {
            self.at += length;
            return Ok(value);
        }
        let number = word.strip_prefix(['-', '+']).unwrap_or(word);
        let is_number = number.bytes().any(|byte| byte.is_ascii_digit())
            && number.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
        if !is_number && !matches!(number, "NaN" | "Infinity") {
            return Err(Unreadable);
        }
        self.at += length;
        Ok(self.name("invalid_number", "expected a number that JSON has and a double can hold"))
    }

    /// Skips to the comma or the bracket after a value that cannot be read.
    fn skip(&mut self) -> Result<(), Unreadable> {
        let mut levels = 0_usize;
        loop {
            match self.peek().ok_or(Unreadable)? {
                b'"' => {
                    self.text()?;
                    continue;
                }
                b'{' | b'[' => levels += 1,
                b',' | b']' | b'}' if levels == 0 => return Ok(()),
                b'}' | b']' => {
                    levels -= 1;
                    if levels == 0 {
                        self.at += 1;
                        self.blank();
                        // Text that follows the value belongs to it, unless the element ends here.
                        if matches!(self.peek(), Some(b',' | b']' | b'}') | None) {
                            return Ok(());
                        }
                        continue;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn below<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Self) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(shown(key));
        let value = read(self);
        self.path.truncate(length);
        value
    }

    /// Adds a problem for a value that is left out. Returns the value that replaces it: `null`, or a
    /// value that limits more in place of a limit.
    fn name(&mut self, code: &'static str, message: &str) -> Value {
        // The event may have thousands of such values. The length of a path is limited by its
        // levels.
        if self.problems.len() < MOST_NAMED {
            self.problems.push(Problem::left_out(code, self.path.clone(), message));
        }
        limits::unreadable(&self.path).unwrap_or_default()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), Unreadable> {
        if self.take(byte) { Ok(()) } else { Err(Unreadable) }
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(json: &str) -> Element {
        element(json.as_bytes(), "data[0]")
    }

    fn codes(element: &Element) -> Vec<(&str, &str)> {
        element.problems.iter().map(|problem| (problem.code, problem.path.as_str())).collect()
    }

    /// The expected texts are those of `new TextDecoder().decode(new TextEncoder().encode(text))`.
    #[test]
    fn half_a_pair_becomes_the_replacement_character_wherever_it_stands() {
        for (json, text) in [
            (r#""Kitten \ud83d""#, "Kitten \u{fffd}"),
            (r#""\ude00 Kitten""#, "\u{fffd} Kitten"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ud83dx""#, "\u{fffd}x"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\uD83D\uDE00 \ud83d""#, "😀 \u{fffd}"),
        ] {
            assert_eq!(read(json), Element::from(json!(text)), "{json}");
        }
        let nested = read(r#"{"\ud83d":["\ud83d",{"a":"\ud83d"}]}"#);
        assert_eq!(nested.value, Some(json!({ "\u{fffd}": ["\u{fffd}", { "a": "\u{fffd}" }] })));
    }

    #[test]
    fn broken_text_costs_nothing_but_itself() {
        for (bytes, text) in [
            (&b"\"M\xfcller\""[..], "M\u{fffd}ller"),
            (b"\"a\xf0\x9f\x98\"", "a\u{fffd}"),
            (b"\"a\x01b\nc\"", "a\u{1}b\nc"),
            (b"\"\\x \\u12 \\u12\"", "\u{fffd}x \u{fffd}12 \u{fffd}12"),
            (b"\"\\\xc3\xbc\"", "\u{fffd}ü"),
            (b"\xef\xbb\xbf\"a\"", "a"),
        ] {
            assert_eq!(element(bytes, ""), Element::from(json!(text)), "{bytes:?}");
        }
    }

    #[test]
    fn a_number_that_no_double_holds_is_left_out_and_named() {
        let long = "9".repeat(400);
        for number in [
            "1e999",
            "-1e999",
            &long,
            "NaN",
            "Infinity",
            "-Infinity",
            "-NaN",
            "01",
            ".5",
            "+5",
            "1.",
        ] {
            let found =
                read(&format!(r#"{{"custom_data":{{"value":{number},"currency":"EUR"}}}}"#));
            let rest = json!({ "custom_data": { "value": null, "currency": "EUR" } });
            assert_eq!(found.value, Some(rest), "{number}");
            assert_eq!(
                codes(&found),
                [("invalid_number", "data[0].custom_data.value")],
                "{number}"
            );
        }
        let listed = read(r#"{"custom_data":{"content_ids":["A",1e999]}}"#);
        assert_eq!(codes(&listed), [("invalid_number", "data[0].custom_data.content_ids[1]")]);
    }

    #[test]
    fn a_path_repeats_no_name_that_may_be_personal() {
        for key in ["jane@example.com", "Rumpelstiltskin", "jane", "4915112345678", "", " ", "ü"] {
            let found = read(&json!({ key: "x" }).to_string().replace("\"x\"", "1e999"));
            assert_eq!(codes(&found), [("invalid_number", "data[0].*")], "{key}");
        }
    }

    #[test]
    fn what_is_nested_too_deeply_is_left_out_and_named() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(50_000), close.repeat(50_000));
            let found = read(&format!(r#"{{"custom_data":{{"x":{deep},"y":1}}}}"#));
            assert_eq!(found.value.unwrap()["custom_data"]["y"], 1);
            assert_eq!(found.problems[0].code, "nested_too_deeply");
            assert!(found.problems[0].path.len() < 400, "{}", found.problems[0].path);
        }
    }

    #[test]
    fn an_event_that_is_no_json_does_not_cost_its_neighbours() {
        for broken in [
            "{\"a\":1,}",
            "{'a':1}",
            "{\"a\":undefined}",
            "{a:1}",
            "{\"a\":1 \"b\":2}",
            "nope",
            "{} {}",
            "[1,2",
            "{\"a\":\"]},\"",
            "{\"a\" 1}",
            "1 2",
            "[[]] x",
            "-",
            "tru",
            "[1,]",
        ] {
            let body = format!(r#"{{"data":[{{"n":1}},{broken},{{"n":2}}],"dataset_id":"7"}}"#);
            let Ok(document) = Document::read(body.as_bytes(), "data") else {
                // After an unclosed bracket or quotation mark nothing can be read: the body is
                // broken.
                assert!(["[1,2", "{\"a\":\"]},\""].contains(&broken), "{broken}");
                continue;
            };
            let elements = document.list.unwrap();
            assert_eq!(elements.first().unwrap().value, Some(json!({ "n": 1 })), "{broken}");
            assert_eq!(elements.last().unwrap().value, Some(json!({ "n": 2 })), "{broken}");
            assert_eq!(codes(&elements[1]), [("invalid_json", "data[1]")], "{broken}");
            assert_eq!(document.fields, *json!({ "dataset_id": "7" }).as_object().unwrap());
        }
    }

    #[test]
    fn a_broken_body_is_one_error() {
        for broken in
            ["", "{", "[", "{\"data\":[{\"a\":\"\\ud83d\"}", "{\"data\":[1e999]} x", "x{}"]
        {
            assert!(
                matches!(Document::read(broken.as_bytes(), "data"), Err(Broken::NoJson(_))),
                "{broken}"
            );
        }
        for other in ["[]", "7", "\"x\"", "null"] {
            assert!(
                matches!(Document::read(other.as_bytes(), "data"), Err(Broken::NoObject)),
                "{other}"
            );
        }
    }

    #[test]
    fn of_two_fields_with_one_name_the_later_counts_in_both_readers() {
        for (body, elements) in
            [(r#"{"data":[1],"data":[2,3]}"#, 2), (r#"{"data":[1],"data":[2,3],"x":"\ud83d"}"#, 2)]
        {
            let document = Document::read(body.as_bytes(), "data").ok().unwrap();
            assert_eq!(document.list.map(|list| list.len()), Some(elements), "{body}");
        }
        let document =
            Document::read(br#"{"x":"\ud83d","data":[1],"data":7}"#, "data").ok().unwrap();
        assert_eq!((document.list, document.fields["data"].clone()), (None, json!(7)));
    }

    #[test]
    fn ten_faults_of_an_event_are_named_and_each_event_has_its_own() {
        let event = format!("[{}]", vec!["1e999"; 50].join(","));
        let list = list(&format!("[{event},{event}]"), "data").unwrap();
        assert!(list.iter().all(|element| element.problems.len() == 10));
        assert!(list[1].problems.iter().all(|problem| problem.path.starts_with("data[1][")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(Document::read(&bytes, "data"));
            drop(element(&bytes, ""));
        }

        #[test]
        fn any_signs_of_json_are_read_or_refused(text in "[\\[\\]{}\",:\\\\ud8e1.0-9 tfn-]{0,80}") {
            drop(Document::read(text.as_bytes(), "data"));
            drop(Document::read(format!("{{\"data\":[{text}]}}").as_bytes(), "data"));
            drop(list(&text, "data"));
        }

        /// Half a surrogate pair after the list makes serde_json fail, so the reader of this file
        /// is used.
        #[test]
        fn what_is_json_is_read_alike_by_both_readers(
            values in prop::collection::vec(crate::sources::json::tests::any_json(), 0..4),
        ) {
            let usual = json!({ "data": values }).to_string();
            let other = format!("{{\"data\":{},\"x\":\"\\ud83d\"}}", json!(values));
            let usual = Document::read(usual.as_bytes(), "data").ok().unwrap();
            let other = Document::read(other.as_bytes(), "data").ok().unwrap();
            prop_assert_eq!(usual.list, other.list);
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }
}
