//! What a page loads, as the wire sees it.

use std::io::Write;
use std::path::Path;

use anyhow::{Result, bail};

use crate::tree::Tree;

/// Brotli bytes that everything a page loads should have. Not reached yet.
const GOAL: usize = 8_192;
/// Brotli bytes above which the check fails. It only ever goes down.
const LIMIT: usize = 9_000;

/// What loads at once, by script tag or as an ES module.
const AT_ONCE: [&str; 2] = ["dist/capi-bridge.js", "dist/index.js"];
/// What is measured, each with the modules that it imports at once.
const ROWS: [(&str, &str); 9] = [
    (AT_ONCE[0], "script tag: loader, hooks, wasm"),
    ("target/wasm/browser_bg.wasm", "  of which the wasm alone"),
    (AT_ONCE[1], "ES module: the same"),
    ("dist/capi-bridge-deferred.js", "a moment later: delivery and more"),
    ("dist/capi-bridge-customer.js", "first identify: customer data"),
    ("target/wasm/customer_bg.wasm", "  of which the wasm alone"),
    ("dist/capi-bridge-datalayer.js", "where it has its tag: dataLayer"),
    ("target/wasm/datalayer_bg.wasm", "  of which the wasm alone"),
    ("target/wasm/edge_bg.wasm", "edge worker's wasm (no page)"),
];

/// Prints raw, gzip and Brotli sizes of what a page loads; fails above the limit.
pub fn run(tree: &Tree) -> Result<()> {
    println!("\n{:<34} {:>8} {:>8} {:>8}", "bytes", "raw", "gzip -9", "Brotli");
    let (mut most, mut page) = ("", 0);
    for (file, what) in ROWS {
        let bytes = with_imports(&tree.path(file))?;
        let brotli = brotli_size(&bytes)?;
        if AT_ONCE.contains(&file) && brotli > page {
            (most, page) = (file, brotli);
        }
        println!("{what:<34} {:>8} {:>8} {brotli:>8}", bytes.len(), gzip_size(&bytes)?);
    }
    println!("a page loads {page} Brotli bytes at most; the goal is {GOAL}, the limit {LIMIT}\n");
    if page > LIMIT {
        bail!("{most} has {page} Brotli bytes, {} over the limit", page - LIMIT);
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

fn brotli_size(bytes: &[u8]) -> Result<usize> {
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)?;
    Ok(out.len())
}
