//! The chaos test: visitors track events while the network, the worker and their browsers fail; counts what arrived.

use anyhow::Result;

use crate::browser::Engine;
use crate::tree::Tree;
use crate::{build, setup, trial};

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
    let Options { events, minutes, seed } = *options;
    trial::run(tree, "chaos", &[("events", events), ("minutes", minutes)], seed, &browsers)
}
