//! The chaos test: visitors track events while the network, the worker and their browsers fail; counts what arrived.

use anyhow::Result;
use xshell::cmd;

use crate::browser::{Browser, Engine};
use crate::tree::Tree;
use crate::{build, setup};

#[derive(clap::Args)]
pub struct Options {
    /// How many events.
    #[arg(long, default_value_t = 10_000)]
    events: u32,
    /// Makes the same choices again; what a browser and a network make of them differs.
    #[arg(long)]
    seed: Option<u32>,
    /// How long visitors go on at most.
    #[arg(long, default_value_t = 20)]
    minutes: u32,
}

pub fn run(tree: &Tree, options: &Options) -> Result<()> {
    let toolchain = setup::for_build(tree)?;
    let browsers = setup::browsers(tree, &[Engine::Chromium])?;
    build::run(tree, &toolchain)?;
    let shell = &tree.shell;
    cmd!(
        shell,
        "node_modules/.bin/esbuild tests/chaos/run.ts --bundle --platform=node --packages=external --format=esm --log-level=warning --outfile=target/chaos/run.mjs"
    )
    .quiet()
    .run()?;
    let Options { events, minutes, .. } = *options;
    let (events, minutes) = (events.to_string(), minutes.to_string());
    let seed: Vec<String> = options
        .seed
        .map(|seed| ["--seed".to_owned(), seed.to_string()])
        .into_iter()
        .flatten()
        .collect();
    let arguments = ["--events", &events, "--minutes", &minutes];
    cmd!(shell, "node target/chaos/run.mjs {arguments...} {seed...}")
        .envs(browsers.iter().filter_map(Browser::variable))
        .quiet()
        .run()?;
    Ok(())
}
