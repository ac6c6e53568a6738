//! Installs what a fresh machine lacks, and says so.

use anyhow::Result;

use crate::browser::{Browser, Engine};
use crate::npm;
use crate::toolchain::Toolchain;
use crate::tree::{Tree, say};

/// Prepares the build: a compiler for WebAssembly and the npm packages.
pub fn for_build(tree: &Tree) -> Result<Toolchain> {
    npm::prepare(tree)?;
    let toolchain = Toolchain::prepare(tree)?;
    say(&format!("WebAssembly: {}", toolchain.name()));
    Ok(toolchain)
}

/// Prepares browsers for the tests, and prints their paths.
pub fn browsers(tree: &Tree, engines: &[Engine]) -> Result<Vec<Browser>> {
    let mut browsers = Vec::new();
    for &engine in engines {
        let browser = Browser::prepare(tree, engine)?;
        say(&format!("{:<12} {}", format!("{}:", engine.title()), browser.path().display()));
        browsers.push(browser);
    }
    Ok(browsers)
}

/// Prepares the build and all browsers.
pub fn run(tree: &Tree) -> Result<()> {
    for_build(tree)?;
    browsers(tree, &Engine::ALL)?;
    Ok(())
}
