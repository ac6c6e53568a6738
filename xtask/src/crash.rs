//! The crash test: kills the worker under load while Meta fails, and counts what became of each event.

use anyhow::Result;

use crate::tree::Tree;
use crate::{build, setup, trial};

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
    let Options { events, kills, minutes, seed } = *options;
    trial::run(
        tree,
        "crash",
        &[("events", events), ("kills", kills), ("minutes", minutes)],
        seed,
        &[],
    )
}
