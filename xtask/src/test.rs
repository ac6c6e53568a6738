//! Runs every suite, one after the other, and prints a table of the results.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Result, bail};
use xshell::{Cmd, cmd};

use crate::browser::{Browser, Engine};
use crate::counted::Counted;
use crate::tree::{Tree, say};
use crate::{build, npm, setup, size};

/// A suite, by the name on the command line.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Suite {
    /// The page's rules in TypeScript. It needs no build, and no browser.
    Unit,
    /// Formatting, lints, types, documentation, and the size of what a page loads.
    Lint,
    /// The crate on this machine: unit, integration, property and documentation tests.
    Native,
    /// The WebAssembly builds, over the same vectors.
    Wasm,
    /// The edge worker and the sandbox in workerd, over HTTP.
    Edge,
    /// The npm package in fresh projects.
    Package,
    /// The demo in a real browser.
    E2e,
    /// Cookies and the core journeys in Chromium, Firefox and WebKit.
    Browsers,
}

#[derive(clap::Args)]
pub struct Options {
    /// Run only these suites. Default: all.
    #[arg(value_enum)]
    suites: Vec<Suite>,
    /// Leave a browser out of the suite `browsers`, on a system that cannot have it.
    #[arg(long, value_enum, value_name = "BROWSER")]
    without: Vec<Engine>,
}

/// The outcome of a suite.
struct Outcome {
    suite: Suite,
    counted: Counted,
    seconds: u64,
}

/// Runs the suites. Fails if a test failed, or a suite ran none.
pub fn run(tree: &Tree, options: &Options) -> Result<()> {
    use Suite::{Browsers, E2e, Edge, Lint, Native, Package, Unit, Wasm};
    let mut suites = vec![Unit, Lint, Native, Wasm, Edge, Package, E2e, Browsers];
    suites.retain(|suite| options.suites.is_empty() || options.suites.contains(suite));
    let needs_build = suites.iter().any(|suite| !matches!(suite, Unit | Native));
    let needs_browsers = suites.iter().any(|suite| !matches!(suite, Unit | Native | Lint));
    let engines: Vec<Engine> = Engine::ALL
        .into_iter()
        .filter(|engine| match engine {
            Engine::Chromium => needs_browsers,
            _ => suites.contains(&Browsers) && !options.without.contains(engine),
        })
        .collect();
    if needs_build {
        let toolchain = setup::for_build(tree)?;
        build::run(tree, &toolchain)?;
    } else {
        npm::prepare(tree)?;
    }
    let browsers = setup::browsers(tree, &engines)?;

    let mut outcomes = Vec::new();
    for suite in suites {
        say(&format!("suite {}", name(suite)));
        let start = Instant::now();
        let counted = match suite {
            // One process for all files: it takes one second, not five.
            Unit => vitest(tree, &browsers, &["tests/rules", "--no-isolate"])?,
            Lint => lint(tree)?,
            Native => native(tree)?,
            Wasm => vitest(tree, &browsers, &["tests/wasm"])?,
            Edge => vitest(tree, &browsers, &["tests/edge"])?,
            Package => vitest(tree, &browsers, &["tests/package"])?,
            E2e => playwright(tree, &browsers, "e2e", &["e2e"])?,
            Browsers => playwright(tree, &browsers, "browsers", &names(&engines))?,
        };
        outcomes.push(Outcome { suite, counted, seconds: start.elapsed().as_secs() });
    }
    report(&outcomes)
}

fn name(suite: Suite) -> String {
    clap::ValueEnum::to_possible_value(&suite)
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}

fn report(outcomes: &[Outcome]) -> Result<()> {
    println!("\n{:<10} {:>8} {:>8} {:>9}", "suite", "passed", "failed", "seconds");
    for Outcome { suite, counted, seconds } in outcomes {
        let (suite, failed) = (name(*suite), counted.failed.len());
        println!("{suite:<10} {:>8} {failed:>8} {seconds:>9}", counted.passed);
    }
    let passed: u64 = outcomes.iter().map(|outcome| outcome.counted.passed).sum();
    let failed: usize = outcomes.iter().map(|outcome| outcome.counted.failed.len()).sum();
    println!("\n{passed} passed, {failed} failed");
    for Outcome { suite, counted, .. } in outcomes {
        for failure in &counted.failed {
            println!("failed in {}: {failure}", name(*suite));
        }
    }
    if let Some(empty) = outcomes.iter().find(|outcome| outcome.counted == Counted::default()) {
        bail!("suite {} ran no test", name(empty.suite));
    }
    if failed > 0 {
        bail!("{failed} failed");
    }
    Ok(())
}

const TSC: &str = "node_modules/.bin/tsc";
/// The projects of `tsconfig.json`.
const PROJECTS: [&str; 3] = ["tsconfig.browser.json", "tsconfig.worker.json", "tsconfig.node.json"];

/// Runs the checks. Each counts as one test.
fn lint(tree: &Tree) -> Result<Counted> {
    let shell = &tree.shell;
    let mut checks = vec![
        ("cargo fmt", cmd!(shell, "cargo fmt --all --check")),
        ("clippy", cmd!(shell, "cargo clippy --quiet --workspace --all-targets -- -D warnings")),
        (
            "clippy, all shells",
            cmd!(
                shell,
                "cargo clippy --quiet --features browser,contact,details,datalayer,edge,sandbox -- -D warnings"
            ),
        ),
        ("cargo fmt, fuzz", cmd!(shell, "cargo fmt --manifest-path fuzz/Cargo.toml --check")),
        // Lints the properties without libFuzzer, which needs a C++ compiler.
        (
            "clippy, fuzz",
            cmd!(
                shell,
                "cargo clippy --quiet --manifest-path fuzz/Cargo.toml --no-default-features --features by-chance --target-dir target -- -D warnings"
            ),
        ),
        // A warning is an error, such as a link to an item that does not exist.
        (
            "cargo doc",
            cmd!(shell, "cargo doc --quiet --workspace --no-deps")
                .env("RUSTDOCFLAGS", "-D warnings"),
        ),
        (
            "cargo doc, all shells",
            cmd!(
                shell,
                "cargo doc --quiet --no-deps --features browser,contact,details,datalayer,edge,sandbox"
            )
            .env("RUSTDOCFLAGS", "-D warnings"),
        ),
        ("prettier", cmd!(shell, "node_modules/.bin/prettier --check --log-level warn .")),
        ("oxlint", cmd!(shell, "node_modules/.bin/oxlint --quiet")),
    ];
    for project in PROJECTS {
        checks.push(("tsc", cmd!(shell, "{TSC} -p {project}")));
    }
    let mut counted = Counted::default();
    for (what, check) in checks {
        counted.check(what, check.quiet().run().map_err(Into::into));
    }
    counted.check("every file has types", every_file_has_types(tree));
    counted.check("size", size::run(tree));
    Ok(counted)
}

/// Fails if a TypeScript file is in no project. oxlint would pass it: it knows none of its types.
fn every_file_has_types(tree: &Tree) -> Result<()> {
    let shell = &tree.shell;
    let mut typed = HashSet::new();
    for project in PROJECTS {
        let config = cmd!(shell, "{TSC} -p {project} --showConfig").quiet().read()?;
        let config: serde_json::Value = serde_json::from_str(&config)?;
        let files = config["files"].as_array().into_iter().flatten();
        typed.extend(
            files.filter_map(|file| Some(file.as_str()?.trim_start_matches("./").to_owned())),
        );
    }
    let files =
        cmd!(shell, "git ls-files --cached --others --exclude-standard *.ts").quiet().read()?;
    let untyped: Vec<&str> = files
        .lines()
        .filter(|file| !file.ends_with(".d.ts") && !typed.contains(*file))
        .filter(|file| tree.path(file).exists())
        .collect();
    if !untyped.is_empty() {
        bail!("no tsconfig.*.json includes {}", untyped.join(", "));
    }
    Ok(())
}

fn native(tree: &Tree) -> Result<Counted> {
    let mut counted = Counted::default();
    let command = cmd!(tree.shell, "cargo test --workspace --no-fail-fast");
    let succeeded = each_line(command, |line| counted.line_of_cargo(line))?;
    Ok(counted.of_a_command(succeeded))
}

/// Runs the tests in these folders. A word that starts with a dash is an option of vitest.
fn vitest(tree: &Tree, browsers: &[Browser], words: &[&str]) -> Result<Counted> {
    let report = tree.path(&format!("target/{}.json", words.join("-").replace('/', "-")));
    let is_option = |word: &str| word.starts_with('-');
    let words =
        words.iter().map(|word| if is_option(word) { (*word).into() } else { format!("{word}/") });
    let _ = std::fs::remove_file(&report);
    let run = cmd!(
        tree.shell,
        "node_modules/.bin/vitest run {words...} --reporter=default --reporter=json --outputFile={report}"
    );
    let succeeded = told(run, browsers).quiet().run().is_ok();
    Ok(Counted::vitest(&report)?.of_a_command(succeeded))
}

/// Runs projects of `playwright.config.ts`.
fn playwright(
    tree: &Tree,
    browsers: &[Browser],
    suite: &str,
    projects: &[&str],
) -> Result<Counted> {
    let report = tree.path(&format!("target/tests-{suite}.json"));
    let _ = std::fs::remove_file(&report);
    let projects = projects.iter().map(|project| format!("--project={project}"));
    let run =
        cmd!(tree.shell, "node_modules/.bin/playwright test {projects...} --reporter=list,json")
            .env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report);
    let succeeded = told(run, browsers).quiet().run().is_ok();
    Ok(Counted::playwright(&report)?.of_a_command(succeeded))
}

/// Returns a command with the browsers' paths in its environment.
fn told<'a>(command: Cmd<'a>, browsers: &[Browser]) -> Cmd<'a> {
    command.envs(browsers.iter().filter_map(Browser::variable))
}

fn names(engines: &[Engine]) -> Vec<&'static str> {
    engines.iter().map(|engine| engine.name()).collect()
}

/// Runs a command, prints its lines as they come and passes each to `see`. Returns true if it
/// succeeded.
fn each_line(command: Cmd<'_>, mut see: impl FnMut(&str)) -> Result<bool> {
    let mut child = std::process::Command::from(command).stdout(Stdio::piped()).spawn()?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            println!("{line}");
            see(&line);
        }
    }
    Ok(child.wait()?.success())
}
