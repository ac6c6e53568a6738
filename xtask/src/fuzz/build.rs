//! Builds the fuzz targets as programs.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::toolchain::apt_install;
use crate::tree::{Tree, say};

/// The flags that cargo-fuzz passes for libFuzzer, without the sanitizer. The sanitizer needs a
/// nightly compiler and finds errors in unsafe code, of which the crate has none.
const FLAGS: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "--cfg=fuzzing",
];

/// Builds all targets and returns the folder of their programs. With `as_page` their identifiers
/// are those of a page's build.
pub fn run(tree: &Tree, as_page: bool) -> Result<PathBuf> {
    let shell = &tree.shell;
    prepare_compiler(shell)?;
    say("building the fuzz targets");
    let host = cmd!(shell, "rustc --print host-tuple").quiet().read()?;
    let (folder, features): (_, &[&str]) =
        if as_page { ("fuzz-page", &["--features", "page"]) } else { ("fuzz-build", &[]) };
    // With `--target` the flags do not apply to build scripts.
    cmd!(
        shell,
        "cargo build --quiet --release --manifest-path fuzz/Cargo.toml --target {host} --target-dir target/{folder} {features...}"
    )
    .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f"))
    .quiet()
    .run()
    .context("building the fuzz targets")?;
    Ok(tree.path("target").join(folder).join(host).join("release"))
}

/// Finds or installs a C++ compiler, because libFuzzer is compiled from C++.
fn prepare_compiler(shell: &Shell) -> Result<()> {
    let found = || {
        std::env::var_os("CXX").is_some()
            || ["c++", "g++", "clang++"].iter().any(|name| which::which(name).is_ok())
    };
    if found() {
        return Ok(());
    }
    if which::which("apt-get").is_ok() {
        say("no C++ compiler here; installing Debian's g++");
        apt_install(shell, &["g++"]);
    }
    if !found() {
        bail!(
            "A C++ compiler is missing and could not be installed; libFuzzer is compiled from its sources.\n\
             On Debian:  sudo apt-get install g++\n\
             On macOS:   xcode-select --install\n\
             Or name one that is there:  CXX=/path/to/c++ npm run fuzz"
        );
    }
    Ok(())
}
