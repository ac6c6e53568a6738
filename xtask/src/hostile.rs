//! The hostile run: requests that nobody should send, against the running worker.

use anyhow::Result;
use xshell::cmd;

use crate::tree::Tree;
use crate::{build, setup};

#[derive(clap::Args)]
pub struct Options {
    /// How many requests.
    #[arg(long, default_value_t = 100_000)]
    requests: u32,
    /// Makes the same requests again.
    #[arg(long)]
    seed: Option<u32>,
    /// Over how many connections.
    #[arg(long, default_value_t = 8)]
    connections: u32,
}

pub fn run(tree: &Tree, options: &Options) -> Result<()> {
    build::run(tree, &setup::for_build(tree)?)?;
    let shell = &tree.shell;
    cmd!(
        shell,
        "node_modules/.bin/esbuild tests/hostile/run.ts --bundle --platform=node --packages=external --format=esm --log-level=warning --outfile=target/hostile/run.mjs"
    )
    .quiet()
    .run()?;
    let (requests, connections) = (options.requests.to_string(), options.connections.to_string());
    let seed: Vec<String> = options
        .seed
        .map(|seed| ["--seed".to_owned(), seed.to_string()])
        .into_iter()
        .flatten()
        .collect();
    let arguments = ["--requests", &requests, "--connections", &connections];
    cmd!(shell, "node target/hostile/run.mjs {arguments...} {seed...}").quiet().run()?;
    Ok(())
}
