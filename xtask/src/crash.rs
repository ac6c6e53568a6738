//! The crash test: kills the worker under load while Meta fails, and counts what became of each event.

use anyhow::Result;
use xshell::cmd;

use crate::tree::Tree;
use crate::{build, setup};

#[derive(clap::Args)]
pub struct Options {
    /// How many events.
    #[arg(long, default_value_t = 100_000)]
    events: u32,
    /// How often the worker is killed at least.
    #[arg(long, default_value_t = 50)]
    kills: u32,
    /// Makes the same faults again.
    #[arg(long)]
    seed: Option<u32>,
    /// How long it may take.
    #[arg(long, default_value_t = 30)]
    minutes: u32,
}

pub fn run(tree: &Tree, options: &Options) -> Result<()> {
    build::run(tree, &setup::for_build(tree)?)?;
    let shell = &tree.shell;
    cmd!(
        shell,
        "node_modules/.bin/esbuild tests/crash/run.ts --bundle --platform=node --packages=external --format=esm --log-level=warning --outfile=target/crash/run.mjs"
    )
    .quiet()
    .run()?;
    let Options { events, kills, minutes, .. } = *options;
    let (events, kills, minutes) = (events.to_string(), kills.to_string(), minutes.to_string());
    let seed: Vec<String> = options
        .seed
        .map(|seed| ["--seed".to_owned(), seed.to_string()])
        .into_iter()
        .flatten()
        .collect();
    let arguments = ["--events", &events, "--kills", &kills, "--minutes", &minutes];
    cmd!(shell, "node target/crash/run.mjs {arguments...} {seed...}").quiet().run()?;
    Ok(())
}
