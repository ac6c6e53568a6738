//! A Rust compiler with WebAssembly's standard library, found or installed.
//!
//! The standard library is compiled with the project where its sources are at hand: that alone lets
//! a panic become a bare trap, which takes a quarter off what a page loads.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::tree::{Tree, say};

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// A compiler that can build for WebAssembly.
pub struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    /// A linker to name where the compiler ships none of its own.
    linker: Option<&'static str>,
    /// Whether the standard library's sources are there to be compiled along.
    builds_std: bool,
    name: &'static str,
}

impl Toolchain {
    /// The first that works: what is installed, what rustup can add, what Debian packages.
    pub fn prepare(tree: &Tree) -> Result<Self> {
        let shell = &tree.shell;
        if let Some(found) = Self::with_sources(shell) {
            return Ok(found);
        }
        if which::which("rustup").is_ok() {
            say("adding the sources of Rust's standard library (rustup component add rust-src)");
            if cmd!(shell, "rustup component add rust-src").quiet().run().is_ok()
                && let Some(found) = Self::with_sources(shell)
            {
                return Ok(found);
            }
        }
        if let Some(found) = Self::debian() {
            return Ok(found);
        }
        if which::which("apt-get").is_ok() {
            say("rustup could not help; installing Debian's compiler for WebAssembly");
            apt_install(shell, &DEBIAN_PACKAGES);
            if let Some(found) = Self::debian() {
                return Ok(found);
            }
        }
        if let Some(found) = Self::prebuilt(shell) {
            say("no sources of the standard library: the browser build will be about 3 kB larger than the released one");
            return Ok(found);
        }
        bail!(
            "WebAssembly's standard library is missing and could not be installed.\n\
             With rustup:   rustup component add rust-src\n\
             On Debian 12:  sudo apt-get install {}\n\
             Otherwise:     install your distribution's standard library for {TARGET}",
            DEBIAN_PACKAGES.join(" ")
        )
    }

    /// One line for the log.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The start of a `cargo build` for WebAssembly, flags included.
    pub fn build<'a>(&self, shell: &'a Shell, flags: &[&str]) -> xshell::Cmd<'a> {
        let cargo = &self.cargo;
        let mut rustflags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        if let Some(linker) = self.linker {
            rustflags.push(format!("-Clinker={linker}"));
        }
        if self.builds_std {
            // A panic is a bare trap: no message, and no path of this machine in the file.
            let bare = ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none", "-Zfmt-debug=none"];
            rustflags.extend(bare.map(str::to_owned));
        }
        let mut command = cmd!(shell, "{cargo} build --target {TARGET}")
            .env("RUSTC", &self.rustc)
            .env("CARGO_ENCODED_RUSTFLAGS", rustflags.join("\x1f"))
            .env_remove("RUSTUP_TOOLCHAIN");
        if self.builds_std {
            command = command.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
        }
        command
    }

    fn with_sources(shell: &Shell) -> Option<Self> {
        let (cargo, rustc, sysroot) = on_path(shell)?;
        sysroot.join("lib/rustlib/src/rust/library/std").is_dir().then_some(Self {
            cargo,
            rustc,
            linker: None,
            builds_std: true,
            name: "rustc on PATH, standard library from its sources",
        })
    }

    fn prebuilt(shell: &Shell) -> Option<Self> {
        let (cargo, rustc, sysroot) = on_path(shell)?;
        sysroot.join("lib/rustlib").join(TARGET).is_dir().then_some(Self {
            cargo,
            rustc,
            linker: None,
            builds_std: false,
            name: "rustc on PATH, prebuilt standard library",
        })
    }

    fn debian() -> Option<Self> {
        let [cargo, rustc] = ["/usr/bin/cargo", "/usr/bin/rustc"].map(PathBuf::from);
        let library = Path::new("/usr/lib/rustlib/src/rust/library/std");
        let there = cargo.is_file() && rustc.is_file() && library.is_dir() && which::which("wasm-ld-19").is_ok();
        there.then_some(Self {
            cargo,
            rustc,
            linker: Some("wasm-ld-19"),
            builds_std: true,
            name: "Debian's rustc-web, standard library from its sources",
        })
    }
}

/// The cargo, the compiler behind rustup's proxy if there is one, and where its libraries lie.
fn on_path(shell: &Shell) -> Option<(PathBuf, PathBuf, PathBuf)> {
    let read = |command: xshell::Cmd<'_>| command.quiet().ignore_stderr().read().ok().map(PathBuf::from);
    let sysroot = read(cmd!(shell, "rustc --print sysroot"))?;
    let program = |name: &str| {
        let own = sysroot.join("bin").join(name);
        if own.is_file() { Some(own) } else { which::which(name).ok() }
    };
    Some((program("cargo")?, program("rustc")?, sysroot))
}

/// Installs Debian's packages, as root or through sudo where it asks for no password. The caller
/// looks for what it needed; a failure here is only printed.
pub fn apt_install(shell: &Shell, packages: &[&str]) {
    let sudo: &[&str] = match cmd!(shell, "id -u").quiet().ignore_stderr().read() {
        Ok(id) if id.trim() == "0" => &[],
        _ => &["sudo", "--non-interactive"],
    };
    let apt = |arguments: &[&str]| {
        let mut words = sudo.iter().chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"].iter()).chain(arguments);
        let program = words.next().copied().unwrap_or("env");
        cmd!(shell, "{program}").args(words).ignore_stdout().run().is_ok()
    };
    let install: Vec<&str> = ["install", "--yes", "--no-install-recommends"].iter().chain(packages).copied().collect();
    // The lists of a fresh machine may be missing or old.
    let _ = apt(&install) || (apt(&["update"]) && apt(&install));
}
