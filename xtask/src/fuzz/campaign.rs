//! Runs fuzz targets, several at a time, and prints the outcomes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Target;
use crate::tree::Tree;

/// The longest input, in bytes. It is longer than most requests and than all limits of the parsers
/// except that of a whole cookie.
const LONGEST_INPUT: usize = 4096;
/// The time above which an input is a finding, in seconds.
const SLOWEST_SECONDS: u64 = 10;
const MOST_MEGABYTES: u64 = 1024;

/// The outcome of a target.
pub struct Outcome {
    name: &'static str,
    inputs: u64,
    seconds: u64,
    /// The processor time, if the system reports it.
    cpu_seconds: Option<u64>,
    /// The number of the program's edges that some input reached.
    coverage: u64,
    finding: Option<Finding>,
}

struct Finding {
    /// The first lines of the error message.
    what: String,
    input: PathBuf,
    program: PathBuf,
}

struct Running {
    target: &'static Target,
    child: Child,
    start: Instant,
    cpu: Option<Duration>,
}

/// Runs the targets in turn, `jobs` at a time. A finding ends only its own target.
pub fn run(
    tree: &Tree,
    programs: &Path,
    targets: Vec<&'static Target>,
    seconds: u64,
    jobs: usize,
) -> Result<Vec<Outcome>> {
    let mut waiting = targets.into_iter();
    let mut running: Vec<Running> = Vec::new();
    let mut outcomes = Vec::new();
    println!(
        "\n{:<14} {:>12} {:>9} {:>9} {:>9}  findings",
        "target", "inputs", "seconds", "CPU", "coverage"
    );
    loop {
        while running.len() < jobs
            && let Some(target) = waiting.next()
        {
            running.push(start(tree, programs, target, seconds)?);
        }
        if running.is_empty() {
            return Ok(outcomes);
        }
        sleep(Duration::from_millis(200));
        let mut still = Vec::new();
        for mut run in running {
            run.cpu = cpu(run.child.id()).or(run.cpu);
            match run.child.try_wait()? {
                None => still.push(run),
                Some(status) => {
                    let outcome = outcome(tree, programs, &run, status.success())?;
                    print(&outcome);
                    outcomes.push(outcome);
                }
            }
        }
        running = still;
    }
}

fn start(tree: &Tree, programs: &Path, target: &'static Target, seconds: u64) -> Result<Running> {
    let folder = folder(tree, target.name);
    // Earlier findings are inputs, too: one that is not fixed is found again at once.
    for part in ["corpus", "findings"] {
        std::fs::create_dir_all(folder.join(part))?;
    }
    let log = File::create(folder.join("log"))?;
    let mut prefix = std::ffi::OsString::from("-artifact_prefix=");
    prefix.push(folder.join("findings"));
    prefix.push(std::path::MAIN_SEPARATOR_STR);
    let child = Command::new(programs.join(target.name))
        .args([
            format!("-max_total_time={seconds}"),
            format!("-max_len={LONGEST_INPUT}"),
            format!("-timeout={SLOWEST_SECONDS}"),
            format!("-rss_limit_mb={MOST_MEGABYTES}"),
            format!("-dict={}", tree.path(target.dictionary).display()),
            "-print_final_stats=1".to_owned(),
        ])
        .env("RUST_BACKTRACE", "0")
        .arg(prefix)
        .args(["corpus", "seeds", "findings"].map(|part| folder.join(part)))
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("starting the fuzz target {}", target.name))?;
    Ok(Running { target, child, start: Instant::now(), cpu: None })
}

fn outcome(tree: &Tree, programs: &Path, run: &Running, succeeded: bool) -> Result<Outcome> {
    let name = run.target.name;
    let log = folder(tree, name).join("log");
    let text = String::from_utf8_lossy(&std::fs::read(&log)?).into_owned();
    let finding = if succeeded {
        None
    } else {
        let input = text
            .lines()
            .find_map(|line| line.split_once("Test unit written to "))
            .map(|(_, path)| PathBuf::from(path.trim()))
            .with_context(|| format!("the fuzz target {name} failed; see {}", log.display()))?;
        Some(Finding { what: what(&text), input, program: programs.join(name) })
    };
    Ok(Outcome {
        name,
        inputs: number_after(&text, "stat::number_of_executed_units:").unwrap_or(0),
        seconds: run.start.elapsed().as_secs(),
        cpu_seconds: run.cpu.map(|cpu| cpu.as_secs()),
        coverage: number_after(&text, " cov: ").unwrap_or(0),
        finding,
    })
}

fn folder(tree: &Tree, target: &str) -> PathBuf {
    tree.path("target/fuzz").join(target)
}

/// Returns the last number after a label.
fn number_after(log: &str, label: &str) -> Option<u64> {
    let (_, after) = log.rsplit_once(label)?;
    after.split_whitespace().next()?.parse().ok()
}

/// Returns the message of the panic or of libFuzzer.
fn what(log: &str) -> String {
    let mut lines = log
        .lines()
        .skip_while(|line| !(line.contains("panicked at") || line.contains("ERROR: libFuzzer")));
    let first = lines.next().unwrap_or("it ended without a word");
    let mut what = first.rsplit_once("panicked at ").map_or(first, |(_, place)| place).to_owned();
    for line in
        lines.take_while(|line| !line.starts_with("note:") && !line.starts_with("==")).take(3)
    {
        what.push_str("\n    ");
        what.push_str(line);
    }
    what
}

/// Returns the processor time of a process, if it runs on Linux.
fn cpu(process: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/schedstat")).ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn print(outcome: &Outcome) {
    let Outcome { name, inputs, seconds, cpu_seconds, coverage, finding } = outcome;
    let cpu = cpu_seconds.map_or_else(|| "-".to_owned(), |seconds| seconds.to_string());
    let findings = u8::from(finding.is_some());
    println!("{name:<14} {inputs:>12} {seconds:>9} {cpu:>9} {coverage:>9}  {findings}");
}

/// Prints the findings, and fails if there are any.
pub fn report(outcomes: &[Outcome]) -> Result<()> {
    let inputs: u64 = outcomes.iter().map(|outcome| outcome.inputs).sum();
    println!("{:<14} {inputs:>12}\n", "together");
    let mut found = 0;
    for outcome in outcomes {
        let Some(Finding { what, input, program }) = &outcome.finding else { continue };
        found += 1;
        println!(
            "{}: {what}\n    input:      {}\n    reproduce:  {} {}\n",
            outcome.name,
            input.display(),
            program.display(),
            input.display()
        );
    }
    if found > 0 {
        bail!("{found} of {} targets found something", outcomes.len());
    }
    if let Some(idle) = outcomes.iter().find(|outcome| outcome.inputs == 0) {
        bail!("the fuzz target {} executed no input", idle.name);
    }
    Ok(())
}
