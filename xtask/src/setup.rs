//! Everything a fresh machine lacks, installed once and said aloud.

use std::path::PathBuf;

use anyhow::Result;

use crate::toolchain::Toolchain;
use crate::tree::{Tree, say};
use crate::{browser, npm};

/// What the build needs: a compiler for WebAssembly and the npm packages.
pub fn for_build(tree: &Tree) -> Result<Toolchain> {
    npm::prepare(tree)?;
    Toolchain::prepare(tree)
}

/// All of it, the browser of the end-to-end suite included; prints what will be used.
pub fn run(tree: &Tree) -> Result<(Toolchain, PathBuf)> {
    let toolchain = for_build(tree)?;
    let chromium = browser::prepare(tree)?;
    say(&format!("WebAssembly: {}", toolchain.name()));
    say(&format!("Chromium:    {}", chromium.display()));
    Ok((toolchain, chromium))
}
