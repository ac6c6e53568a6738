//! Runs the crash test: kills the worker under load while Meta fails, and counts the outcomes of
//! all events.

use anyhow::Result;

use crate::tree::Tree;
use crate::{build, setup, trial};

#[derive(clap::Args)]
pub struct Options {
    /// The number of events.
    #[arg(long, default_value_t = 100_000)]
    events: u32,
    /// The least number of times that the worker is killed.
    #[arg(long, default_value_t = 50)]
    kills: u32,
    /// The seed of the faults.
    #[arg(long)]
    seed: Option<u32>,
    /// The longest time that the test may take, in minutes.
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
