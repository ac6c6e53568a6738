//! The npm packages that `package-lock.json` names.

use anyhow::{Context, Result};
use xshell::cmd;

use crate::tree::{Tree, say};

/// Installs the locked packages, unless they already are. No install script runs (see `.npmrc`).
pub fn prepare(tree: &Tree) -> Result<()> {
    if tree.is_fresh("node_modules/.package-lock.json", &["package-lock.json"]) {
        return Ok(());
    }
    say("installing the locked npm packages (npm ci)");
    let shell = &tree.shell;
    cmd!(shell, "npm ci --no-progress --loglevel=error")
        .run()
        .context("npm ci failed; Node 20 or later with npm is needed (https://nodejs.org)")?;
    // npm keeps the time of the lock file it read: say when this was done.
    std::fs::File::open(tree.path("node_modules/.package-lock.json"))?
        .set_modified(std::time::SystemTime::now())?;
    Ok(())
}
