//! From TypeScript to `dist/` (the npm package) and `target/demo/` (the demo's workers and pages).

use anyhow::Result;
use xshell::cmd;

use crate::tree::{Tree, say};

const SOURCES: [&str; 9] = [
    "src",
    "www",
    "tests/support",
    "xtask/src",
    "xtask/bundle.mjs",
    "package.json",
    "package-lock.json",
    "target/wasm",
    "tsconfig.json",
];

/// Bundles, unless nothing changed.
pub fn run(tree: &Tree) -> Result<()> {
    if tree.is_fresh("target/bundled", &SOURCES) {
        return Ok(());
    }
    say("bundling dist/ and the demo");
    let shell = &tree.shell;
    cmd!(shell, "node xtask/bundle.mjs").quiet().run()?;
    shell.write_file("target/bundled", "")?;
    Ok(())
}
