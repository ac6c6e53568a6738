//! Runs the benchmarks: capi-bridge beside its alternatives.

use anyhow::{Context, Result};
use xshell::cmd;

use crate::browser::{Browser, Engine};
use crate::tree::{Tree, say};
use crate::{build, setup};

/// A benchmark, by the name on the command line.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// `capi-bridge/core` in Node, beside Meta's parameter builder.
    Core,
    /// The edge worker in workerd, beside simpler workers and other servers.
    Edge,
    /// The edge worker under load for minutes, with Meta away for a sixth of the time; only if
    /// named.
    Soak,
    /// Status and intake with many events waiting; only if named.
    Backlog,
    /// Intake while the quarantine is replayed; only if named.
    Replay,
    /// A page with the bridge in Chromium, beside the same page without it.
    Browser,
}

#[derive(clap::Args)]
pub struct Options {
    /// Run only these parts. Default: all but `soak`, `backlog` and `replay`.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// The length of `soak`, in minutes.
    #[arg(long, default_value_t = 10)]
    minutes: u32,
    /// The number of events that wait in `backlog`, or are replayed in `replay`. Default: a
    /// million, and half a million.
    #[arg(long)]
    events: Option<u32>,
}

/// Runs the benchmarks. Each prints a table. A slow result is not a failure.
pub fn run(tree: &Tree, options: &Options) -> Result<()> {
    build::run(tree, &setup::for_build(tree)?)?;
    let all = [Part::Core, Part::Edge, Part::Browser];
    let parts = if options.parts.is_empty() { &all[..] } else { &options.parts };
    for part in parts {
        match part {
            Part::Core => {
                prepare_packages(tree)?;
                in_node(tree, "core", &[])?;
            }
            Part::Edge => {
                prepare_packages(tree)?;
                in_node(tree, "edge", &[])?;
            }
            Part::Soak => in_node(tree, "soak", &["--minutes", &options.minutes.to_string()])?,
            Part::Backlog => {
                let events = options.events.unwrap_or(1_000_000).to_string();
                in_node(tree, "backlog", &["--events", &events])?;
            }
            Part::Replay => {
                let events = options.events.unwrap_or(500_000).to_string();
                in_node(tree, "replay", &["--events", &events])?;
            }
            Part::Browser => {
                let chromium = Browser::prepare(tree, Engine::Chromium)?;
                let path = chromium.path().display().to_string();
                in_node(tree, "browser", &["--chromium", &path])?;
            }
        }
    }
    Ok(())
}

/// Bundles `bench/<part>.ts` and runs it.
fn in_node(tree: &Tree, part: &str, arguments: &[&str]) -> Result<()> {
    let shell = &tree.shell;
    cmd!(shell, "node xtask/bench.mjs {part}").quiet().run()?;
    cmd!(shell, "node target/bench/{part}.mjs {arguments...}").quiet().run()?;
    Ok(())
}

/// Installs the packages that are compared. They are not among the project's own packages, because
/// a licence is not an open-source one.
fn prepare_packages(tree: &Tree) -> Result<()> {
    if tree
        .is_fresh("bench/peers/node_modules/.package-lock.json", &["bench/peers/package-lock.json"])
    {
        return Ok(());
    }
    say("installing what the benchmarks compare with (npm ci in bench/peers)");
    let shell = &tree.shell;
    cmd!(shell, "npm ci --prefix bench/peers --ignore-scripts --no-progress --loglevel=error")
        .run()
        .context("npm ci failed in bench/")?;
    std::fs::File::open(tree.path("bench/peers/node_modules/.package-lock.json"))?
        .set_modified(std::time::SystemTime::now())?;
    Ok(())
}
