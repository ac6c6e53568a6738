//! What a page loads, as the wire sees it.

use std::io::Write;
use std::path::Path;

use anyhow::{Result, bail};

use crate::tree::Tree;

/// What a page loads by some moment, and the Brotli bytes that all of it may have.
struct Moment {
    what: &'static str,
    /// With the modules that each imports at once.
    files: &'static [&'static str],
    /// What it should have.
    goal: usize,
    /// Above this the check fails. Of everything it is what is reached, and 1 % for another compiler; it only
    /// ever goes down.
    limit: usize,
}

const MOMENTS: [Moment; 5] = [
    Moment { what: "at once, by script tag", files: &[SCRIPT], goal: 8_192, limit: 9_000 },
    Moment { what: "at once, as an ES module", files: &[MODULE], goal: 8_192, limit: 9_000 },
    Moment {
        what: "with customer data, by script tag",
        files: &[SCRIPT, CUSTOMER],
        goal: 14_000,
        limit: 14_000,
    },
    Moment {
        what: "with customer data, as ES modules",
        files: &[MODULE, CUSTOMER_MODULE],
        goal: 14_000,
        limit: 14_000,
    },
    Moment {
        what: "everything: with delivery, too",
        files: &[SCRIPT, DEFERRED, CUSTOMER],
        goal: 14_000,
        limit: 17_900,
    },
];

const SCRIPT: &str = "dist/capi-bridge.js";
const MODULE: &str = "dist/index.js";
const DEFERRED: &str = "dist/capi-bridge-deferred.js";
const CUSTOMER: &str = "dist/capi-bridge-customer.js";
const CUSTOMER_MODULE: &str = "dist/customer.js";
/// What is measured one by one.
const ROWS: [(&str, &str); 13] = [
    (SCRIPT, "script tag: loader, hooks, wasm"),
    ("target/wasm/browser_bg.wasm", "  of which the wasm alone"),
    (MODULE, "ES module: the same"),
    (DEFERRED, "a moment later: delivery and more"),
    ("dist/capi-bridge-problems.js", "where something is wrong: problems"),
    (CUSTOMER, "first identify: customer data"),
    ("target/wasm/customer_bg.wasm", "  of which the wasm alone"),
    ("dist/capi-bridge-countries.js", "a country's name: the list of them"),
    ("dist/capi-bridge-states.js", "a state's name: likewise"),
    ("dist/capi-bridge-genders.js", "a word for f or m: likewise"),
    ("dist/capi-bridge-datalayer.js", "where it has its tag: dataLayer"),
    ("target/wasm/datalayer_bg.wasm", "  of which the wasm alone"),
    ("target/wasm/edge_bg.wasm", "edge worker's wasm (no page)"),
];

/// Prints raw, gzip and Brotli sizes of what a page loads; fails above a limit.
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

/// A file and, where it is a module, those that it imports statically, as esbuild writes it.
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

/// How many bytes are left of these by Brotli, as servers and networks compress files that they keep.
pub fn brotli_size(bytes: &[u8]) -> Result<usize> {
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)?;
    Ok(out.len())
}
