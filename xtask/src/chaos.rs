//! Runs the chaos test: visitors track events while the network, the worker and their browsers
//! fail. Counts the events that arrived.

use anyhow::Result;

use crate::browser::Engine;
use crate::tree::Tree;
use crate::{build, setup, trial};

#[derive(clap::Args)]
pub struct Options {
    /// The number of events.
    #[arg(long, default_value_t = 10_000)]
    events: u32,
    /// The seed of the choices. With the same seed the timing of browsers and network still
    /// differs.
    #[arg(long)]
    seed: Option<u32>,
    /// The longest time that visitors go on, in minutes.
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
