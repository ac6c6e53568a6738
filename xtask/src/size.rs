//! Measures the compressed size of what a page loads.

use std::io::Write;
use std::path::Path;

use anyhow::{Result, bail};

use crate::tree::Tree;

/// The files that a page has loaded by some moment, and the limits of their size, in Brotli bytes.
struct Moment {
    what: &'static str,
    /// The files. Each counts with the modules that it imports statically.
    files: &'static [&'static str],
    /// The size to aim for.
    goal: usize,
    /// The size above which the check fails. For everything together it is the size reached, plus
    /// one percent for another compiler.
    limit: usize,
}

// The click id of in-app browsers, and cookies that an answer must not bring back after a withdrawal, took 100 bytes at once
// and 240 a moment later.
const MOMENTS: [Moment; 10] = [
    Moment { what: "at once, by script tag", files: &[SCRIPT], goal: 8_192, limit: 9_100 },
    Moment { what: "at once, as an ES module", files: &[MODULE], goal: 8_192, limit: 9_100 },
    Moment { what: "a moment later", files: &[DEFERRED], goal: 3_500, limit: 3_740 },
    Moment {
        what: "with customer data, by script tag",
        files: &[SCRIPT, CUSTOMER],
        goal: 14_000,
        limit: 16_770,
    },
    Moment {
        what: "with customer data, as ES modules",
        files: &[MODULE, CUSTOMER_MODULE],
        goal: 14_000,
        limit: 16_770,
    },
    Moment { what: "of it contact data", files: &[CUSTOMER], goal: 5_500, limit: 7_690 },
    Moment { what: "addresses, dates and the rest", files: &[DETAILS], goal: 5_500, limit: 8_330 },
    Moment {
        what: "everything: with delivery, too",
        files: &[SCRIPT, DEFERRED, CUSTOMER],
        goal: 14_000,
        limit: 20_400,
    },
    Moment {
        what: "the listener to the dataLayer, by script tag",
        files: &[DATALAYER],
        goal: 12_000,
        limit: 12_000,
    },
    Moment {
        what: "the listener to the dataLayer, as an ES module",
        files: &["dist/datalayer.js"],
        goal: 12_000,
        limit: 12_000,
    },
];

const SCRIPT: &str = "dist/capi-bridge.js";
const MODULE: &str = "dist/index.js";
const DEFERRED: &str = "dist/capi-bridge-deferred.js";
const CUSTOMER: &str = "dist/capi-bridge-customer.js";
const DETAILS: &str = "dist/capi-bridge-details.js";
const DATALAYER: &str = "dist/capi-bridge-datalayer.js";
const CUSTOMER_MODULE: &str = "dist/customer.js";
/// The files that are measured one by one.
const ROWS: [(&str, &str); 16] = [
    (SCRIPT, "script tag: loader, hooks, wasm"),
    ("target/wasm/browser_bg.wasm", "  of which the wasm alone"),
    (MODULE, "ES module: the same"),
    (DEFERRED, "a moment later: delivery and more"),
    ("dist/capi-bridge-retry.js", "where an event is sent again: retries"),
    ("dist/capi-bridge-problems.js", "where something is wrong: problems"),
    (CUSTOMER, "first identify: contact data"),
    ("target/wasm/contact_bg.wasm", "  of which the wasm alone"),
    (DETAILS, "first address, date or gender"),
    ("target/wasm/details_bg.wasm", "  the same as bytes"),
    ("dist/capi-bridge-countries.js", "a country's name: the list of them"),
    ("dist/capi-bridge-states.js", "a state's name: likewise"),
    ("dist/capi-bridge-genders.js", "a word for f or m: likewise"),
    (DATALAYER, "where it has its tag: dataLayer"),
    ("target/wasm/datalayer_bg.wasm", "  of which the wasm alone"),
    ("target/wasm/edge_bg.wasm", "edge worker's wasm (no page)"),
];

/// Prints raw, gzip and Brotli sizes of what a page loads. Fails above a limit.
pub fn run(tree: &Tree) -> Result<()> {
    println!("\n{:<34} {:>8} {:>8} {:>8}", "bytes", "raw", "gzip -9", "Brotli");
    for (file, what) in ROWS {
        let bytes = with_imports(&tree.path(file))?;
        let brotli = brotli_size(&bytes)?;
        println!("{what:<34} {:>8} {:>8} {brotli:>8}", bytes.len(), gzip_size(&bytes)?);
    }
    println!("\nall that a page loads, Brotli bytes");
    let mut over = Vec::new();
    for Moment { what, files, goal, limit } in MOMENTS {
        let mut brotli = 0;
        for file in files {
            brotli += brotli_size(&with_imports(&tree.path(file))?)?;
        }
        println!("  {what}: {brotli}; the goal is {goal}, the limit {limit}");
        if brotli > limit {
            over.push(format!("{what}: {} Brotli bytes over the limit", brotli - limit));
        }
    }
    println!();
    if !over.is_empty() {
        bail!("{}", over.join("; "));
    }
    Ok(())
}

/// Returns a file and, for a module, the modules that it imports statically, as esbuild writes it.
fn with_imports(file: &Path) -> Result<Vec<u8>> {
    let mut bytes = std::fs::read(file)?;
    if let Ok(text) = std::str::from_utf8(&bytes.clone()) {
        for import in text.split("from\"./").skip(1) {
            let name = import.split('"').next().unwrap_or_default();
            bytes.extend(with_imports(&file.with_file_name(name))?);
        }
    }
    Ok(bytes)
}

fn gzip_size(bytes: &[u8]) -> Result<usize> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

/// Returns the Brotli size of these bytes, at the level of servers and networks that store
/// compressed files.
pub fn brotli_size(bytes: &[u8]) -> Result<usize> {
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)?;
    Ok(out.len())
}
