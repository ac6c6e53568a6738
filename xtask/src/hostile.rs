//! Runs the hostile test: sends requests that no honest sender makes to the running worker.

use anyhow::Result;

use crate::tree::Tree;
use crate::{build, setup, trial};

#[derive(clap::Args)]
pub struct Options {
    /// The number of requests.
    #[arg(long, default_value_t = 100_000)]
    requests: u32,
    /// The seed of the requests.
    #[arg(long)]
    seed: Option<u32>,
    /// The number of connections.
    #[arg(long, default_value_t = 8)]
    connections: u32,
}

pub fn run(tree: &Tree, options: &Options) -> Result<()> {
    build::run(tree, &setup::for_build(tree)?)?;
    let Options { requests, connections, seed } = *options;
    trial::run(tree, "hostile", &[("requests", requests), ("connections", connections)], seed, &[])
}
