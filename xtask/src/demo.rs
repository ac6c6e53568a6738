//! The demo: shop, edge worker and sandbox on loopback.

use anyhow::Result;
use xshell::cmd;

use crate::tree::Tree;
use crate::{build, setup};

#[derive(clap::Args)]
pub struct Options {
    /// The shop's port; the sandbox takes the next one.
    #[arg(long, default_value_t = 8787)]
    port: u16,
}

pub fn run(tree: &Tree, options: &Options) -> Result<()> {
    build::run(tree, &setup::for_build(tree)?)?;
    let shell = &tree.shell;
    let port = options.port.to_string();
    cmd!(shell, "node target/demo/serve.mjs --port {port}").quiet().run()?;
    Ok(())
}
