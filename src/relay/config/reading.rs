//! Reads a configuration and checks it as a whole, once, at start.

use serde_json::error::Category;

use super::{Config, ConfigError, Origin, is_origin, nearest};
use crate::sources::mapping::{Changes, Source, Table};

/// The maximum of `alarmGridSeconds`, in seconds. Meta recommends sending events as they happen, so
/// the grid may add at most 5 minutes.
const MAX_ALARM_GRID_SECONDS: u32 = 300;
/// The minimum of `maxBacklogBytes`, in bytes. A smaller outbox would be full before it sends
/// anything.
const MIN_BACKLOG_BYTES: u64 = 1_000_000;

impl Config {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// Returns the first mistake: text that is not JSON, a misspelt key, a wrong type, a value that
    /// cannot work.
    pub fn read(json: &str) -> Result<Self, ConfigError> {
        // Editors on Windows write a byte order mark.
        let json = json.strip_prefix('\u{feff}').unwrap_or(json);
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let mut config: Self = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| mistake(json, &error.path().to_string(), error.inner()))?;
        deserializer.end().map_err(|error| mistake(json, ".", &error))?;
        config.check()?;
        config.segment.check(&config.datasets)?;
        for (name, webhook) in &mut config.webhooks {
            webhook.check(name, &config.datasets).map_err(|error| match error.path() {
                path if path.contains(".mapping.") => {
                    ConfigError::new(path, with_suggestion(path, error.message().to_owned()))
                }
                _ => error,
            })?;
        }
        for source in Source::ALL {
            let changes = config.mappings.get(&source).map(Changes::read).transpose();
            let table = changes.and_then(|changes| Table::of(source, changes.unwrap_or_default()));
            let table = table.map_err(|error| {
                let path = format!("mappings.{}.{}", source.name(), error.path);
                let path = path.trim_end_matches('.');
                ConfigError::new(path, with_suggestion(path, error.message))
            })?;
            config.tables.insert(source, table);
        }
        Ok(config)
    }

    /// Checks that a host other than Cloudflare supports the settings.
    ///
    /// # Errors
    /// Returns an error if documents come from behind a route, or if a jurisdiction is set. Only
    /// Cloudflare has these.
    pub fn check_off_cloudflare(&self) -> Result<(), ConfigError> {
        if self.documents.origin == Some(Origin::Route) {
            let message = "\"route\" is for Cloudflare alone; expected the server that has the site's documents, such as \"http://127.0.0.1:8080\"";
            return Err(ConfigError::new("documents.origin", message));
        }
        if self.jurisdiction.is_some() {
            let message = "is for Cloudflare alone; expected none: events stay on this machine's disk until Meta has them";
            return Err(ConfigError::new("jurisdiction", message));
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.datasets.is_empty() {
            return Err(ConfigError::new("datasets", "expected at least one dataset id"));
        }
        for (index, dataset) in self.datasets.iter().enumerate() {
            if dataset.is_empty() || !dataset.bytes().all(|byte| byte.is_ascii_digit()) {
                let message = "expected a dataset id, digits in quotes such as \"1234567890\"";
                return Err(ConfigError::new(format!("datasets[{index}]"), message));
            }
        }
        for (index, origin) in self.allowed_origins.iter().enumerate() {
            if !is_origin(origin) {
                let message = "expected an origin as browsers send it, such as \"https://shop.example\": scheme and host in lower case, no path";
                return Err(ConfigError::new(format!("allowedOrigins[{index}]"), message));
            }
        }
        if !self.base.starts_with('/') || self.base.len() < 2 || self.base.ends_with('/') {
            return Err(ConfigError::new("base", "expected a path such as \"/bridge\""));
        }
        if !is_origin(&self.graph_url) {
            return Err(ConfigError::new(
                "graphUrl",
                "expected an origin such as \"https://graph.facebook.com\"",
            ));
        }
        let digits =
            self.graph_version.strip_prefix('v').and_then(|version| version.split_once('.'));
        if !digits.is_some_and(|(major, minor)| {
            major.parse::<u16>().is_ok() && minor.parse::<u16>().is_ok()
        }) {
            return Err(ConfigError::new("graphVersion", "expected a version such as \"v27.0\""));
        }
        if self.alarm_grid_seconds.is_some_and(|seconds| seconds > MAX_ALARM_GRID_SECONDS) {
            let message = format!("expected at most {MAX_ALARM_GRID_SECONDS} seconds");
            return Err(ConfigError::new("alarmGridSeconds", message));
        }
        if !(1..=64).contains(&self.outboxes) {
            return Err(ConfigError::new("outboxes", "expected a number from 1 to 64"));
        }
        if self.max_backlog_bytes.is_some_and(|bytes| bytes < MIN_BACKLOG_BYTES) {
            let message = format!("expected at least {MIN_BACKLOG_BYTES} bytes");
            return Err(ConfigError::new("maxBacklogBytes", message));
        }
        at_least_one("maxQuarantinedEvents", self.max_quarantined_events)?;
        at_least_one("timeoutMillis", self.timeout_millis)?;
        at_least_one("bodyTimeoutMillis", self.body_timeout_millis)?;
        at_least_one("quarantineDays", self.quarantine_days)?;
        at_least_one("maxBodyBytesInFlight", self.max_body_bytes_in_flight)?;
        self.rate_limit.check()?;
        self.trusted_headers.check()?;
        self.order_memory.check()?;
        self.documents.check(&self.datasets)
    }
}

fn at_least_one(path: &str, number: u32) -> Result<(), ConfigError> {
    if number == 0 {
        return Err(ConfigError::new(path, "expected at least 1"));
    }
    Ok(())
}

/// Returns serde's error as a mistake with its place and a plain sentence.
fn mistake(json: &str, path: &str, error: &serde_json::Error) -> ConfigError {
    let (line, column) = (error.line(), error.column());
    let said = error.to_string();
    let said = said.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&said);
    match error.classify() {
        Category::Data => ConfigError::new(path, without_value(path, said)),
        Category::Syntax | Category::Eof | Category::Io => {
            let before = json.lines().nth(line.saturating_sub(1)).unwrap_or_default();
            // serde counts bytes, an editor counts characters.
            let end = (0..=column.min(before.len())).rev().find(|&at| before.is_char_boundary(at));
            let before = before.get(..end.unwrap_or(0)).unwrap_or_default();
            let column = before.chars().count();
            let expected = expected_syntax(said, before.chars().next_back());
            ConfigError::new(
                ".",
                format!("line {line}, column {column}: not valid JSON: {expected}"),
            )
        }
    }
}

/// Returns the sentence for a syntax error. `at` is the character that is wrong.
fn expected_syntax(said: &str, at: Option<char>) -> String {
    match (said, at) {
        (_, Some('/' | '#')) => "expected a key or a value: JSON has no comments".to_owned(),
        ("EOF while parsing a list", _) => "expected \"]\": the text ends inside a list".to_owned(),
        ("EOF while parsing an object", _) => {
            "expected \"}\": the text ends inside an object".to_owned()
        }
        ("EOF while parsing a string", _) => {
            "expected a closing quote: the text ends inside a string".to_owned()
        }
        ("EOF while parsing a value", _) => "expected a value: the text ends here".to_owned(),
        ("trailing comma", _) => "expected another entry after the comma, or no comma".to_owned(),
        ("trailing characters", _) => {
            "expected the end of the text: the document is complete before this".to_owned()
        }
        ("key must be a string", _) => "expected a key in double quotes".to_owned(),
        ("expected value" | "expected ident", _) => {
            "expected a value: a string in double quotes, a number, true, false, null, a list or an object".to_owned()
        }
        (other, _) => other.replace('`', "\""),
    }
}

/// Returns the sentence for a wrong value, without the value. An operator may have put a secret
/// there, and the message goes to logs and answers. The path has the place of the value.
fn without_value(path: &str, said: &str) -> String {
    if let Some((_, known)) =
        said.strip_prefix("unknown field `").and_then(|rest| rest.rsplit_once("`, expected "))
    {
        return unknown_key(last_key(path), &quoted(known));
    }
    if let Some((word, expected)) =
        said.strip_prefix("unknown variant `").and_then(|rest| rest.rsplit_once("`, expected "))
    {
        let known = quoted(expected);
        let list = list(&known);
        return match nearest(word, &known) {
            Some(meant) => format!("expected {list}; did you mean \"{meant}\"?"),
            None => format!("expected {list}"),
        };
    }
    if let Some(key) = said.strip_prefix("missing field `") {
        return format!("expected the key \"{}\"", key.trim_end_matches('`'));
    }
    if let Some(key) = said.strip_prefix("duplicate field `") {
        return format!("expected the key \"{}\" once", key.trim_end_matches('`'));
    }
    let shows_value = ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .any(|start| said.starts_with(start));
    match said.rsplit_once(", expected ") {
        Some((_, expected)) if shows_value => format!("expected {}", plain(expected)),
        _ => said.to_owned(),
    }
}

/// Returns serde's name of a Rust type in JSON's words.
fn plain(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" => "a whole number that is not negative",
        "a sequence" => "a list",
        "a map" => "an object",
        "a boolean" => "true or false",
        "a string" => "a string in double quotes",
        _ if expected.starts_with("struct ") => "an object",
        _ => expected,
    }
}

/// Returns the sentence for an unknown key: the known key that it resembles, and all of them.
fn unknown_key(key: &str, known: &[&str]) -> String {
    let list = list(known);
    match nearest(key, known) {
        Some(meant) => format!("unknown key; did you mean \"{meant}\"? Expected {list}"),
        None => format!("unknown key; expected {list}"),
    }
}

/// Adds to the message of a mapping table the key that was probably meant.
fn with_suggestion(path: &str, message: String) -> String {
    match message.strip_prefix("expected one of ") {
        Some(known) => unknown_key(last_key(path), &known.split(", ").collect::<Vec<_>>()),
        None => message,
    }
}

/// Returns the last key of a path.
fn last_key(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Returns the words that serde puts between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn list(words: &[&str]) -> String {
    let quoted = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    if words.len() > 1 { format!("one of {quoted}") } else { quoted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::config::Jurisdiction;

    fn path_of_error(json: &str) -> String {
        Config::read(json).unwrap_err().path().to_owned()
    }

    #[test]
    fn a_region_is_for_cloudflare_alone() {
        let read = |value: &str| {
            Config::read(&format!(
                r#"{{"datasets":["1"],"allowedOrigins":[],"jurisdiction":{value}}}"#
            ))
        };
        let config = read("\"eu\"").unwrap();
        assert_eq!(config.jurisdiction.map(Jurisdiction::name), Some("eu"));
        assert_eq!(config.check_off_cloudflare().unwrap_err().path(), "jurisdiction");
        assert!(read("null").unwrap().check_off_cloudflare().is_ok());
        assert_eq!(read("\"de\"").unwrap_err().path(), "jurisdiction");
    }

    #[test]
    fn names_the_path_of_what_is_wrong() {
        assert_eq!(path_of_error(r#"{"datasets":["1","x"],"allowedOrigins":[]}"#), "datasets[1]");
        assert_eq!(path_of_error(r#"{"datasets":["1",2],"allowedOrigins":[]}"#), "datasets[1]");
        assert_eq!(path_of_error(r#"{"datasets":[],"allowedOrigins":[]}"#), "datasets");
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":["https://a.example/"]}"#),
            "allowedOrigins[0]"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":["https://["]}"#),
            "allowedOrigins[0]"
        );
        assert_eq!(
            path_of_error(
                r#"{"datasets":["1"],"allowedOrigins":[],"graphUrl":"https://graph.facebook.com:443443"}"#
            ),
            "graphUrl"
        );
        assert_eq!(
            path_of_error(
                r#"{"datasets":["1"],"allowedOrigins":[],"documents":{"origin":"http://localhost:99999"}}"#
            ),
            "documents.origin"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"base":"bridge"}"#),
            "base"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"graphVersion":"26"}"#),
            "graphVersion"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"holdSeconds":-1}"#),
            "holdSeconds"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"holdSeconds":86401}"#),
            "holdSeconds"
        );
        assert_eq!(
            path_of_error(
                r#"{"datasets":["1"],"allowedOrigins":[],"rateLimit":{"perSecond":5,"burst":0}}"#
            ),
            "rateLimit.burst"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"globalPrivacyControl":"no"}"#),
            "globalPrivacyControl"
        );
    }

    fn said(json: &str) -> String {
        Config::read(json).unwrap_err().to_string()
    }

    /// Returns a configuration with these members added.
    fn with(place: &str) -> String {
        format!(r#"{{"datasets":["1"],"allowedOrigins":[],{place}}}"#)
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_path_and_the_key_that_was_meant() {
        for (place, path, meant) in [
            (r#""holdSecond":1"#, "holdSecond", "holdSeconds"),
            (r#""allowed_origins":[]"#, "allowed_origins", "allowedOrigins"),
            (r#""rateLimit":{"perSecnd":5,"burst":9}"#, "rateLimit.perSecnd", "perSecond"),
            (r#""clientIp":{"trustedhops":1}"#, "clientIp.trustedhops", "trustedHops"),
            (r#""documents":{"cookie":"off"}"#, "documents.cookie", "cookies"),
            (r#""documents":{"consentCookie":{"nam":"c"}}"#, "documents.consentCookie.nam", "name"),
            (r#""segment":{"pages":[{"writekey":"k"}]}"#, "segment.pages[0].writekey", "writeKey"),
            (r#""mappings":{"segment":{"evnts":[]}}"#, "mappings.segment.evnts", "events"),
            (
                r#""mappings":{"segment":{"events":[{"event":"A","becoms":"Lead"}]}}"#,
                "mappings.segment.events[0].becoms",
                "becomes",
            ),
        ] {
            let start = format!(
                "configuration, {path}: unknown key; did you mean \"{meant}\"? Expected one of "
            );
            assert!(said(&with(place)).starts_with(&start), "{}", said(&with(place)));
        }
    }

    #[test]
    fn a_misspelt_word_is_answered_with_the_words_that_exist() {
        let error = said(&with(r#""globalPrivacyControl":"refues""#));
        assert_eq!(
            error,
            "configuration, globalPrivacyControl: expected one of \"refuse\", \"limit\", \"ignore\"; did you mean \"refuse\"?"
        );
        let error = said(&with(r#""mappings":{"segmnt":{}}"#));
        assert!(error.contains("did you mean \"segment\"?"), "{error}");
    }

    #[test]
    fn text_that_is_not_json_is_named_by_line_column_and_what_was_expected() {
        for (json, expected) in [
            ("", "line 1, column 0: not valid JSON: expected a value: the text ends here"),
            ("{\n  \"datasets\": [\"1\"\n", "expected \"]\": the text ends inside a list"),
            ("{\n  \"datasets\": [\"1\"]", "line 2, column 19: not valid JSON: expected \"}\""),
            ("{\"datasets\": [\"1", "expected a closing quote"),
            (
                "{\n  \"datasets\": [\"1\"]\n  \"allowedOrigins\": []\n}",
                "line 3, column 3: not valid JSON: expected \",\" or \"}\"",
            ),
            (
                "{\n  \"datasets\": [\"1\"],\n}",
                "line 3, column 1: not valid JSON: expected another entry after the comma, or no comma",
            ),
            (
                "{\n  // the pixel\n}",
                "line 2, column 3: not valid JSON: expected a key or a value: JSON has no comments",
            ),
            (
                "{ datasets: [] }",
                "line 1, column 3: not valid JSON: expected a key in double quotes",
            ),
            ("{ 'datasets': [] }", "expected a key in double quotes"),
            ("{\"datasets\" [] }", "line 1, column 13: not valid JSON: expected \":\""),
            (
                "{\"base\": 'x'}",
                "line 1, column 10: not valid JSON: expected a value: a string in double quotes",
            ),
            // Characters are counted, not bytes: é has two.
            (
                "{\"testEventCode\": \"é\" x}",
                "line 1, column 23: not valid JSON: expected \",\" or \"}\"",
            ),
            (
                "{\"datasets\":[\"1\"],\"allowedOrigins\":[]}\n}",
                "line 2, column 1: not valid JSON: expected the end of the text",
            ),
        ] {
            let error = said(json);
            assert!(error.starts_with("configuration, line "), "{error}");
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    #[test]
    fn the_rest_is_said_in_the_words_of_json() {
        for (json, expected) in [
            ("[]", "configuration, expected an object"),
            ("{}", "configuration, expected the key \"datasets\""),
            (r#"{"datasets":["1"]}"#, "configuration, expected the key \"allowedOrigins\""),
            (r#"{"datasets":"1"}"#, "configuration, datasets: expected a list"),
            (
                r#"{"datasets":[1]}"#,
                "configuration, datasets[0]: expected a string in double quotes",
            ),
            (&with(r#""base":"/a","base":"/b""#), "expected the key \"base\" once"),
            (
                &with(r#""timeoutMillis":1.5"#),
                "timeoutMillis: expected a whole number that is not negative",
            ),
            (
                &with(r#""timeoutMillis":-1"#),
                "timeoutMillis: expected a whole number that is not negative",
            ),
            (&with(r#""holdSeconds":-1"#), "holdSeconds: expected seconds from 0 to 86400 (a day)"),
        ] {
            assert!(said(json).contains(expected), "{json}: {}", said(json));
        }
    }

    #[test]
    fn a_byte_order_mark_does_not_matter() {
        assert!(Config::read("\u{feff}{\"datasets\":[\"1\"],\"allowedOrigins\":[]}").is_ok());
    }

    #[test]
    fn a_key_it_does_not_know_is_an_error_that_lists_those_it_knows() {
        let error = Config::read(r#"{"datasets":["1"],"allowedOrigins":[],"tokens":"secret"}"#)
            .unwrap_err()
            .to_string();
        assert!(error.contains("tokens") && error.contains("graphVersion"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn a_value_that_is_wrong_is_not_repeated() {
        for place in [
            r#""holdSeconds":"secret""#,
            r#""globalPrivacyControl":"secret""#,
            r#""clientIp":"secret""#,
            r#""documents":{"cookies":"secret, expected more"}"#,
            r#""documents":{"origin":"secret"}"#,
            r#""base":"secret""#,
            r#""graphVersion":"secret""#,
            r#""segment":{"actionSource":"secret"}"#,
        ] {
            let json = format!(r#"{{"datasets":["1"],"allowedOrigins":[],{place}}}"#);
            let error = Config::read(&json).unwrap_err().to_string();
            assert!(error.contains("expected") && !error.contains("secret"), "{error}");
        }
    }
}
