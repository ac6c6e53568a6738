//! Every suite, one after the other, and a table of what ran.

use std::path::Path;

use anyhow::{Result, bail};
use xshell::{Cmd, cmd};

use crate::tree::{Tree, say};
use crate::{build, setup, size};

#[derive(clap::Args)]
pub struct Options {
    /// Only these: lint, native, wasm, edge, package, e2e.
    suites: Vec<String>,
}

pub fn run(tree: &Tree, options: &Options) -> Result<()> {
    let (toolchain, chromium) = setup::run(tree)?;
    build::run(tree, &toolchain)?;
    let _ = (size::run, chromium, options);
    bail!("not yet")
}
