//! Writes the inputs with which the fuzzer starts: every vector of `tests/vectors` in the form that
//! its target reads, the files of `fuzz/seeds`, and a few random bodies for whole requests.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::tree::Tree;

/// Writes the seeds of every target to `target/fuzz/<target>/seeds`.
pub fn write(tree: &Tree) -> Result<()> {
    let mut seeds = Vec::new();
    for kind in ["customer", "identifiers", "sources"] {
        let folder = tree.path("tests/vectors").join(kind);
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let rows: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path)?)
                .with_context(|| format!("reading {}", path.display()))?;
            if kind == "sources" {
                let source = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                rows.iter().for_each(|row| seeds.extend(of_request(&source, row)));
            } else {
                rows.iter().for_each(|row| seeds.extend(of_row(row)));
            }
        }
    }
    for target in super::TARGETS {
        let folder = tree.path("target/fuzz").join(target.name).join("seeds");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let own = seeds.iter().filter(|(name, _)| *name == target.name);
        for (at, (_, seed)) in own.enumerate() {
            write_one(&folder, at, seed)?;
        }
        let written = tree.path("fuzz/seeds").join(target.name);
        for entry in std::fs::read_dir(written).into_iter().flatten() {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default();
            std::fs::copy(&path, folder.join(name))?;
        }
        if MADE.contains(&target.name) {
            by_chance(&folder)?;
        }
    }
    Ok(())
}

/// The targets that take a body made by choices, after a byte of 1.
const MADE: [&str; 5] = ["page_intake", "server_intake", "graph", "segment", "configuration"];

/// Writes bodies made by choices, the same each time.
fn by_chance(folder: &Path) -> Result<()> {
    let mut state = 1_u64;
    for at in 0..64 {
        let mut seed = b"\n\n\x01".to_vec();
        for _ in 0..400 {
            // Knuth's generator; its upper bits are the better ones.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed.push(state.to_be_bytes()[0]);
        }
        std::fs::write(folder.join(format!("made-{at:02}")), seed)?;
    }
    Ok(())
}

fn write_one(folder: &Path, at: usize, seed: &str) -> Result<()> {
    Ok(std::fs::write(folder.join(format!("{at:04}")), seed)?)
}

/// Returns a row's inputs, each with the target that takes it. The keys of a row tell its kind.
fn of_row(row: &Value) -> Vec<(String, String)> {
    let text = |key: &str| row.get(key).and_then(Value::as_str);
    let or_empty = |key: &str| text(key).unwrap_or_default();
    let mut seeds = Vec::new();
    let mut add = |target: &str, input: String| seeds.push((target.to_owned(), input));
    if let (Some(field), Some(raw)) = (text("field"), text("raw")) {
        let year = row.get("thisYear").map(|year| format!(",{year}")).unwrap_or_default();
        add(field, format!("{}{year}\n{raw}", or_empty("country")));
    }
    if let Some(url) = text("url") {
        add("url", format!("{url}\n{}", or_empty("referrer")));
    }
    if let Some(cookies) = text("cookies") {
        add("cookie_header", cookies.to_owned());
    }
    if let (Some(kind), Some(value)) = (text("kind"), text("value")) {
        add("cookie_header", format!("_{kind}={value}"));
    }
    if let Some(host) = text("host") {
        add("host", host.to_owned());
        add("host", format!("{host}\n{}", or_empty("domain")));
    }
    if let Some(headers) = row.get("headers") {
        let header = |name: &str| headers.get(name).and_then(Value::as_str);
        let hops = header("x-forwarded-for").or_else(|| header("forwarded"));
        let lines = [header("cf-connecting-ip"), header("cf-connecting-ipv6"), hops, text("peer")];
        add("client_ip", lines.map(Option::unwrap_or_default).join("\n"));
    }
    if let Some(given) = text("given") {
        add("event_id", given.to_owned());
    }
    if let (Some(event_name), Some(order_id)) = (text("eventName"), text("orderId")) {
        add("event_id", format!("{event_name}\n{order_id}"));
    }
    seeds
}

/// Returns the requests that bring a vector of another tool's shape.
fn of_request(source: &str, row: &Value) -> Vec<(String, String)> {
    let of = |target: &str, input: String| (target.to_owned(), input);
    if source == "graph" {
        let mut head = String::new();
        for (name, value) in row["headers"].as_object().into_iter().flatten() {
            head.push_str(&format!("{name}: {}\n", value.as_str().unwrap_or_default()));
        }
        for (name, key) in
            [(":query", "query"), ("content-type", "content_type"), (":dataset", "dataset")]
        {
            if let Some(value) = row[key].as_str() {
                head.push_str(&format!("{name}: {value}\n"));
            }
        }
        let body = match row["form"]["data"].as_str() {
            Some(data) => {
                head.push_str(":form: test_event_code=T\n");
                data.to_owned()
            }
            None => row["body"].to_string(),
        };
        return vec![of("graph", format!("{head}\n{body}")), of("server_intake", body)];
    }
    let input = &row["input"];
    if source == "segment" {
        let call = input["type"].as_str().unwrap_or("track");
        return vec![
            of("segment", format!(":call: {call}\n\n{input}")),
            of("segment", format!(":key: page\n\n{{\"batch\":[{input}]}}")),
        ];
    }
    let body = format!("{{\"source\":\"{source}\",\"data\":[{input}]}}");
    vec![of("page_intake", body.clone()), of("server_intake", body)]
}
