//! What the fuzzer starts from: every vector of `tests/vectors`, in the form that its target reads.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::tree::Tree;

/// Writes the seeds of every target to `target/fuzz/<target>/seeds`.
pub fn write(tree: &Tree) -> Result<()> {
    let mut seeds = Vec::new();
    for folder in ["customer", "identifiers"] {
        let folder = tree.path("tests/vectors").join(folder);
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let rows: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path)?)
                .with_context(|| format!("reading {}", path.display()))?;
            rows.iter().for_each(|row| seeds.extend(of_row(row)));
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
    }
    Ok(())
}

fn write_one(folder: &Path, at: usize, seed: &str) -> Result<()> {
    Ok(std::fs::write(folder.join(format!("{at:04}")), seed)?)
}

/// A row's inputs, each with the target that takes it. A file is known by the keys of its rows.
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
