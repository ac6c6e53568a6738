//! Reads a test runner's report: the number of tests that passed, and the tests that failed.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// The tests of a suite that ran.
#[derive(Default, Debug, PartialEq)]
pub struct Counted {
    pub passed: u64,
    /// The name of each test that failed, with the first line of its error.
    pub failed: Vec<String>,
}

impl Counted {
    /// Counts one check by what it returned.
    pub fn check(&mut self, name: &str, result: Result<()>) {
        match result {
            Ok(()) => self.passed += 1,
            Err(error) => {
                eprintln!("{name}: {error:#}");
                self.failed.push(name.to_owned());
            }
        }
    }

    /// Reads one line that cargo prints while it runs tests.
    pub fn line_of_cargo(&mut self, line: &str) {
        let Some(test) = line.strip_prefix("test ") else { return };
        if test.ends_with(" ... ok") {
            self.passed += 1;
        } else if let Some(name) = test.strip_suffix(" ... FAILED") {
            self.failed.push(name.to_owned());
        }
    }

    /// Reads vitest's JSON report.
    pub fn vitest(report: &Path) -> Result<Self> {
        Ok(Self::of_vitest(&read(report)?))
    }

    /// Reads Playwright's JSON report.
    pub fn playwright(report: &Path) -> Result<Self> {
        let mut counted = Self::default();
        counted.suites_of_playwright(&read(report)?);
        Ok(counted)
    }

    /// Adds a failure if the command failed without a failing test, such as for a file that does
    /// not load or code that does not compile.
    pub fn of_a_command(mut self, succeeded: bool) -> Self {
        if !succeeded && self.failed.is_empty() {
            self.failed.push("the suite ended with an error outside its tests".to_owned());
        }
        self
    }

    fn of_vitest(report: &Value) -> Self {
        let mut counted = Self::default();
        for file in list(report, "testResults") {
            for test in list(file, "assertionResults") {
                match text(test, "status") {
                    "passed" => counted.passed += 1,
                    "failed" => {
                        let why = list(test, "failureMessages").first().and_then(Value::as_str);
                        counted.failed.push(failure(text(test, "fullName"), why));
                    }
                    _ => {}
                }
            }
        }
        counted
    }

    /// Counts the tests of a suite. Playwright puts suites in suites, and tests into a suite's
    /// "specs".
    fn suites_of_playwright(&mut self, suite: &Value) {
        for spec in list(suite, "specs") {
            for test in list(spec, "tests") {
                match text(test, "status") {
                    "expected" => self.passed += 1,
                    "unexpected" => {
                        let why = list(test, "results")
                            .iter()
                            .find_map(|result| result.pointer("/error/message")?.as_str());
                        let name =
                            format!("{}, {}", text(spec, "title"), text(test, "projectName"));
                        self.failed.push(failure(&name, why));
                    }
                    _ => {}
                }
            }
        }
        for inner in list(suite, "suites") {
            self.suites_of_playwright(inner);
        }
    }
}

fn failure(name: &str, why: Option<&str>) -> String {
    match why.and_then(|why| why.lines().next()) {
        Some(line) => format!("{name}: {line}"),
        None => name.to_owned(),
    }
}

fn read(report: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(report).context("the test runner wrote no report")?;
    Ok(serde_json::from_str(&text)?)
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_of_cargo() {
        let mut counted = Counted::default();
        for line in [
            "running 3 tests",
            "test limits::full ... ok",
            "test limits::empty ... FAILED",
            "test src/lib.rs - hash (line 7) ... ok",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored",
        ] {
            counted.line_of_cargo(line);
        }
        assert_eq!(counted, Counted { passed: 2, failed: vec!["limits::empty".to_owned()] });
    }

    #[test]
    fn a_report_of_vitest() {
        let report = json!({ "testResults": [{ "assertionResults": [
            { "status": "passed", "fullName": "a" },
            { "status": "failed", "fullName": "b", "failureMessages": ["expected 1\n at b.ts"] },
        ]}]});
        let failed = vec!["b: expected 1".to_owned()];
        assert_eq!(Counted::of_vitest(&report), Counted { passed: 1, failed });
    }

    #[test]
    fn a_report_of_playwright() {
        let report = json!({ "suites": [{ "suites": [{ "specs": [
            { "title": "a", "tests": [{ "projectName": "firefox", "status": "expected" }] },
            { "title": "b", "tests": [{
                "projectName": "webkit",
                "status": "unexpected",
                "results": [{ "error": { "message": "no such page\ncall log" } }],
            }] },
        ]}]}]});
        let mut counted = Counted::default();
        counted.suites_of_playwright(&report);
        let failed = vec!["b, webkit: no such page".to_owned()];
        assert_eq!(counted, Counted { passed: 1, failed });
    }

    #[test]
    fn a_command_that_failed_without_a_failing_test() {
        let counted = Counted { passed: 4, failed: Vec::new() }.of_a_command(false);
        assert_eq!((counted.passed, counted.failed.len()), (4, 1));
    }
}
