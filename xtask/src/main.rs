//! The project's commands: `cargo xtask …`, which `npm start`, `npm test` and the others call.

mod bench;
mod browser;
mod build;
mod bundle;
mod chaos;
mod counted;
mod crash;
mod demo;
mod fuzz;
mod hostile;
mod npm;
mod setup;
mod size;
mod test;
mod toolchain;
mod tree;
mod trial;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Prepares the machine, builds, tests and serves capi-bridge.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prepare this machine: WebAssembly's standard library, npm packages, browsers.
    Setup,
    /// Build what the npm package holds into `dist/`, and print what a page loads.
    Build,
    /// Serve the demo shop, the edge worker and the sandbox on loopback.
    Demo(demo::Options),
    /// Run every suite, or those that are named.
    Test(test::Options),
    /// Kill the worker under load while Meta fails, and count the outcomes of all events.
    Crash(crash::Options),
    /// Send hostile requests to the running worker, and check each answer.
    Hostile(hostile::Options),
    /// Let visitors track while network, worker and browsers fail, and count what arrived.
    Chaos(chaos::Options),
    /// Print the sizes of what a page loads; fail above the limit.
    Size,
    /// Fuzz the parsers, the normalisers and whole requests, every target or those that are named.
    Fuzz(fuzz::Options),
    /// Compare speeds, in every benchmark or those that are named.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let tree = tree::Tree::open()?;
    match command {
        Command::Setup => setup::run(&tree),
        Command::Build => {
            build::run(&tree, &setup::for_build(&tree)?)?;
            size::run(&tree)
        }
        Command::Demo(options) => demo::run(&tree, options),
        Command::Test(options) => test::run(&tree, options),
        Command::Crash(options) => crash::run(&tree, options),
        Command::Hostile(options) => hostile::run(&tree, options),
        Command::Chaos(options) => chaos::run(&tree, options),
        Command::Size => {
            build::run(&tree, &setup::for_build(&tree)?)?;
            size::run(&tree)
        }
        Command::Fuzz(options) => fuzz::run(&tree, options),
        Command::Bench(options) => bench::run(&tree, options),
    }
}
