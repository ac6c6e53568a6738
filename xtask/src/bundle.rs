//! Bundles TypeScript to `dist/` (the npm package) and `target/demo/` (the demo's workers and
//! pages).

use anyhow::Result;
use xshell::cmd;

use crate::tree::{Tree, say};

/// The sources of the bundles and of their types.
const SOURCES: [&str; 10] = [
    "src",
    "www",
    "xtask/src/bundle.rs",
    "xtask/bundle.mjs",
    "package.json",
    "package-lock.json",
    "target/wasm",
    "tsconfig.json",
    "tsconfig.browser.json",
    "tsconfig.worker.json",
];

/// Makes the bundles, unless no source changed.
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
