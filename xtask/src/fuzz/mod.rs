//! Fuzzes: builds the targets of `fuzz/` for libFuzzer with a stable compiler, and runs each for a
//! while.

mod build;
mod campaign;
mod seeds;

use anyhow::{Result, bail};
use xshell::cmd;

use crate::tree::{Tree, say};

/// A fuzz target, and the dictionary that helps it.
struct Target {
    name: &'static str,
    dictionary: &'static str,
}

const IDENTIFIERS: &str = "fuzz/dictionaries/identifiers.dict";
const CUSTOMER: &str = "fuzz/dictionaries/customer.dict";
const REQUESTS: &str = "fuzz/dictionaries/requests.dict";

/// The fuzz targets. Each is a file in `fuzz/fuzz_targets`.
const TARGETS: [Target; 24] = [
    Target { name: "cookie_header", dictionary: IDENTIFIERS },
    Target { name: "url", dictionary: IDENTIFIERS },
    Target { name: "host", dictionary: IDENTIFIERS },
    Target { name: "client_ip", dictionary: IDENTIFIERS },
    Target { name: "event_id", dictionary: IDENTIFIERS },
    Target { name: "em", dictionary: CUSTOMER },
    Target { name: "ph", dictionary: CUSTOMER },
    Target { name: "fn", dictionary: CUSTOMER },
    Target { name: "ln", dictionary: CUSTOMER },
    Target { name: "db", dictionary: CUSTOMER },
    Target { name: "ge", dictionary: CUSTOMER },
    Target { name: "ct", dictionary: CUSTOMER },
    Target { name: "st", dictionary: CUSTOMER },
    Target { name: "zp", dictionary: CUSTOMER },
    Target { name: "country", dictionary: CUSTOMER },
    Target { name: "external_id", dictionary: CUSTOMER },
    Target { name: "page_intake", dictionary: REQUESTS },
    Target { name: "server_intake", dictionary: REQUESTS },
    Target { name: "graph", dictionary: REQUESTS },
    Target { name: "segment", dictionary: REQUESTS },
    Target { name: "metas_answer", dictionary: REQUESTS },
    Target { name: "configuration", dictionary: REQUESTS },
    Target { name: "documents", dictionary: REQUESTS },
    Target { name: "status", dictionary: REQUESTS },
];

#[derive(clap::Args)]
pub struct Options {
    /// Run only these targets. Default: all.
    targets: Vec<String>,
    /// The time that each target runs, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The number of targets that run at a time.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Fuzz the identifiers as they are built for a page: shorter code, the same results.
    #[arg(long)]
    page: bool,
    /// Send this number of random requests without libFuzzer: no guidance by coverage, and many
    /// times as fast.
    #[arg(long, value_name = "REQUESTS", conflicts_with_all = ["targets", "seconds", "jobs", "page"])]
    by_chance: Option<u64>,
    /// The seed of the random requests.
    #[arg(long, requires = "by_chance", default_value_t = 1)]
    seed: u64,
}

/// Fuzzes the targets. Fails on a finding.
pub fn run(tree: &Tree, options: &Options) -> Result<()> {
    if let Some(requests) = options.by_chance {
        return by_chance(tree, requests, options.seed);
    }
    let targets = chosen(&options.targets)?;
    let programs = build::run(tree, options.page)?;
    seeds::write(tree)?;
    let jobs = options.jobs.max(1);
    say(&format!(
        "fuzzing {} targets, {} seconds each, {jobs} at a time",
        targets.len(),
        options.seconds
    ));
    let outcomes = campaign::run(tree, &programs, targets, options.seconds, jobs)?;
    campaign::report(&outcomes)
}

/// Sends random requests. Fails at the first that breaks a property.
fn by_chance(tree: &Tree, requests: u64, seed: u64) -> Result<()> {
    let shell = &tree.shell;
    say("building the program that makes requests by chance");
    cmd!(
        shell,
        "cargo build --quiet --release --manifest-path fuzz/Cargo.toml --no-default-features --features by-chance --target-dir target/fuzz-plain"
    )
    .quiet()
    .run()?;
    say(&format!("{requests} requests of seed {seed}"));
    let (requests, seed) = (requests.to_string(), seed.to_string());
    cmd!(shell, "target/fuzz-plain/release/by_chance {requests} {seed}").quiet().run()?;
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Target>> {
    if let Some(unknown) =
        names.iter().find(|name| TARGETS.iter().all(|target| target.name != **name))
    {
        let known: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        bail!("{unknown} is no fuzz target; there are {}", known.join(", "));
    }
    Ok(TARGETS
        .iter()
        .filter(|target| names.is_empty() || names.iter().any(|name| name == target.name))
        .collect())
}
