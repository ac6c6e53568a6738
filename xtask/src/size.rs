//! What a page loads, as the wire sees it.

use std::io::Write;

use anyhow::{Result, bail};

use crate::tree::Tree;

/// Brotli bytes that everything a page loads should have. Not reached yet.
const GOAL: usize = 8_192;
/// Brotli bytes above which the check fails: what is reached, and 1 % for another compiler. It only
/// ever goes down.
const LIMIT: usize = 9_300;

const SCRIPT: &str = "dist/capi-bridge.js";
/// What is measured, each the files that are loaded together.
const ROWS: [(&[&str], &str); 5] = [
    (&[SCRIPT], "script tag: loader, hooks, wasm"),
    (&["dist/index.js"], "ES module: the same"),
    (&["target/wasm/browser_bg.wasm"], "  of which the wasm alone"),
    (&["target/wasm/customer_bg.wasm"], "customer wasm (first identify)"),
    (&["target/wasm/edge_bg.wasm"], "edge worker's wasm (no page)"),
];

/// Prints raw, gzip and Brotli sizes of what a page loads; fails above the limit.
pub fn run(tree: &Tree) -> Result<()> {
    println!("\n{:<34} {:>8} {:>8} {:>8}", "bytes", "raw", "gzip -9", "Brotli");
    let mut page = 0;
    for (files, what) in ROWS {
        let mut bytes = Vec::new();
        for file in files {
            bytes.extend(std::fs::read(tree.path(file))?);
        }
        let brotli = brotli_size(&bytes)?;
        if files == [SCRIPT] {
            page = brotli;
        }
        println!("{what:<34} {:>8} {:>8} {brotli:>8}", bytes.len(), gzip_size(&bytes)?);
    }
    println!("a page loads {page} Brotli bytes; the goal is {GOAL}, the limit {LIMIT}\n");
    if page > LIMIT {
        bail!("{SCRIPT} has {page} Brotli bytes, {} over the limit", page - LIMIT);
    }
    Ok(())
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
