//! The house keeps its floors: a room never names a room above it.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

use std::path::{Path, PathBuf};

/// The rooms by floor, lowest first.
const FLOORS: [&[&str]; 3] =
    [&["identifiers", "customer", "event"], &["sources", "relay", "sandbox"], &["shell"]];

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

#[test]
fn no_room_names_a_room_above_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut upward = Vec::new();
    let mut seen = 0;
    for (floor, rooms) in FLOORS.iter().enumerate() {
        let above: Vec<String> = FLOORS
            .iter()
            .skip(floor + 1)
            .copied()
            .flatten()
            .map(|room| format!("crate::{room}"))
            .collect();
        for file in rooms.iter().flat_map(|room| files(&source.join(room))) {
            let text = std::fs::read_to_string(&file).unwrap();
            seen += 1;
            upward.extend(
                above
                    .iter()
                    .filter(|name| text.contains(*name))
                    .map(|name| format!("{} names {name}", file.display())),
            );
        }
    }
    assert!(seen > 20, "the rooms were read");
    assert_eq!(upward, Vec::<String>::new());
}

/// The rooms of the relay, each with the rooms that it may not name.
const RELAY: [(&str, &[&str]); 5] = [
    ("config", &["door", "outbox", "documents"]),
    ("outbox", &["door", "documents"]),
    ("documents", &["door", "outbox"]),
    ("door", &["documents"]),
    ("site", &["door", "outbox", "documents"]),
];

#[test]
fn the_rooms_of_the_relay_keep_their_order() {
    let relay = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/relay");
    let mut found = Vec::new();
    for (room, others) in RELAY {
        for file in files(&relay.join(room)) {
            let text = std::fs::read_to_string(&file).unwrap();
            for other in others {
                if text.contains(&format!("relay::{other}")) {
                    found.push(format!("{} names relay::{other}", file.display()));
                }
            }
            if text.contains("super::super::") {
                found.push(format!("{} names a room by super::super", file.display()));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_lower_floors_know_no_javascript_no_clock_and_no_entropy() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for file in FLOORS.iter().take(2).copied().flatten().flat_map(|room| files(&source.join(room)))
    {
        let text = std::fs::read_to_string(&file).unwrap();
        for name in [
            "wasm_bindgen",
            "js_sys",
            "web_sys",
            "getrandom",
            "SystemTime",
            "Instant::now",
            "std::fs",
            "std::env",
        ] {
            if text.contains(name) {
                found.push(format!("{} names {name}", file.display()));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
