//! A Chromium for the tests in a real browser: found, or installed.

use std::path::PathBuf;

use anyhow::{Result, bail};
use xshell::cmd;

use crate::toolchain::apt_install;
use crate::tree::{Tree, say};

const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];

/// The path of a Chromium: `CHROMIUM_PATH`, Playwright's own, one on PATH, or one installed now.
pub fn prepare(tree: &Tree) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM_PATH") {
        let named = PathBuf::from(named);
        if named.is_file() {
            return Ok(named);
        }
        bail!("CHROMIUM_PATH names {}, which is not a file", named.display());
    }
    if let Some(found) = playwrights(tree).or_else(on_path) {
        return Ok(found);
    }
    let shell = &tree.shell;
    say("no Chromium here; asking Playwright for its own (npx playwright install chromium)");
    if cmd!(shell, "npx --no-install playwright install chromium").quiet().run().is_ok()
        && let Some(found) = playwrights(tree)
    {
        return Ok(found);
    }
    if which::which("apt-get").is_ok() {
        say("that did not work; installing Debian's chromium");
        apt_install(shell, &["chromium", "fonts-dejavu-core"]);
    }
    match on_path() {
        Some(found) => Ok(found),
        None => bail!(
            "A Chromium is missing and could not be installed; the end-to-end suite needs one.\n\
             Anywhere:   npx playwright install --with-deps chromium\n\
             On Debian:  sudo apt-get install chromium\n\
             Or name one that is there:  CHROMIUM_PATH=/path/to/chrome npm test"
        ),
    }
}

fn on_path() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| which::which(name).ok())
}

fn playwrights(tree: &Tree) -> Option<PathBuf> {
    let shell = &tree.shell;
    let script = "process.stdout.write(require('@playwright/test').chromium.executablePath())";
    let path = PathBuf::from(cmd!(shell, "node -e {script}").quiet().ignore_stderr().read().ok()?);
    path.is_file().then_some(path)
}
