//! Finds or installs a Rust compiler with WebAssembly's standard library.
//!
//! The standard library is compiled with the project if its sources are installed. Only then can a
//! panic become a bare trap, which saves a quarter of what a page loads.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::tree::{Tree, say};

const TARGET: &str = "wasm32-unknown-unknown";
/// The linkers to look for if the compiler ships none for WebAssembly.
const LINKERS: [&str; 4] = ["wasm-ld-19", "wasm-ld", "wasm-ld-20", "wasm-ld-21"];
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// A compiler that can build for WebAssembly.
pub struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    /// The linker to name if the compiler ships none of its own.
    linker: Option<PathBuf>,
    /// True if the standard library is compiled with the project, because its sources are
    /// installed.
    builds_std: bool,
}

impl Toolchain {
    /// Returns the first compiler that works: an installed one, else one that rustup completes,
    /// else Debian's.
    pub fn prepare(tree: &Tree) -> Result<Self> {
        let shell = &tree.shell;
        let installed =
            || [on_path(shell), distributions()].into_iter().flatten().collect::<Vec<_>>();
        let with_sources =
            || installed().into_iter().find_map(|compiler| Self::of(shell, compiler, true));
        if let Some(found) = with_sources() {
            return Ok(found);
        }
        if which::which("rustup").is_ok() {
            say("adding the sources of Rust's standard library (rustup component add rust-src)");
            if cmd!(shell, "rustup component add rust-src").quiet().run().is_ok()
                && let Some(found) = with_sources()
            {
                return Ok(found);
            }
        }
        if which::which("apt-get").is_ok() {
            say("rustup could not help; installing Debian's compiler for WebAssembly");
            apt_install(shell, &DEBIAN_PACKAGES);
            if let Some(found) = with_sources() {
                return Ok(found);
            }
        }
        if let Some(found) =
            installed().into_iter().find_map(|compiler| Self::of(shell, compiler, false))
        {
            say(
                "no sources of the standard library: the browser build will be about 3 kB larger than the released one",
            );
            return Ok(found);
        }
        bail!(
            "WebAssembly's standard library is missing and could not be installed.\n\
             With rustup:   rustup component add rust-src\n\
             On Debian 12:  sudo apt-get install {}\n\
             Otherwise:     install your distribution's standard library for {TARGET}, and its sources",
            DEBIAN_PACKAGES.join(" ")
        )
    }

    /// Returns one line for the log.
    pub fn name(&self) -> String {
        let library = if self.builds_std {
            "the standard library from its sources"
        } else {
            "a prebuilt standard library"
        };
        format!("{}, {library}", self.rustc.display())
    }

    /// Returns the start of a `cargo rustc` for WebAssembly, flags included.
    pub fn build<'a>(&self, shell: &'a Shell, flags: &[&str]) -> xshell::Cmd<'a> {
        let cargo = &self.cargo;
        let mut rustflags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        if let Some(linker) = &self.linker {
            rustflags.push(format!("-Clinker={}", linker.display()));
        }
        if self.builds_std {
            let bare = [
                // A panic is a bare trap: no message, and no path of this machine in the file.
                "-Zunstable-options",
                "-Cpanic=immediate-abort",
                "-Zlocation-detail=none",
                "-Zfmt-debug=none",
                // Small functions are inlined before LLVM sees them.
                "-Zinline-mir=yes",
            ];
            rustflags.extend(bare.map(str::to_owned));
        }
        let mut command = cmd!(shell, "{cargo} rustc --target {TARGET}")
            .env("RUSTC", &self.rustc)
            .env("CARGO_ENCODED_RUSTFLAGS", rustflags.join("\x1f"))
            .env_remove("RUSTUP_TOOLCHAIN");
        if self.builds_std {
            command = command.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
        }
        command
    }

    /// Returns the end of a [`build`](Self::build) whose crate has its own copies of the standard
    /// library's generic functions. Shared copies are not inlined: even where nothing is freed, the
    /// drop of a String would be a call.
    pub const fn own_generics(&self) -> &[&str] {
        if self.builds_std { &["--", "-Zshare-generics=no"] } else { &[] }
    }

    /// Returns this compiler if it can build for WebAssembly: with the standard library's sources,
    /// or with the prebuilt library.
    fn of(shell: &Shell, (cargo, rustc): (PathBuf, PathBuf), builds_std: bool) -> Option<Self> {
        let read =
            |what: &str| cmd!(shell, "{rustc} --print {what}").quiet().ignore_stderr().read().ok();
        let rustlib = PathBuf::from(read("sysroot")?).join("lib/rustlib");
        let library =
            if builds_std { rustlib.join("src/rust/library/std") } else { rustlib.join(TARGET) };
        let ships_linker = rustlib.join(read("host-tuple")?).join("bin/rust-lld").is_file();
        let linker = if ships_linker {
            None
        } else {
            Some(LINKERS.iter().find_map(|name| which::which(name).ok())?)
        };
        library.is_dir().then_some(Self { cargo, rustc, linker, builds_std })
    }
}

/// Returns cargo and rustc themselves, not rustup's proxies for them.
fn on_path(shell: &Shell) -> Option<(PathBuf, PathBuf)> {
    let sysroot = cmd!(shell, "rustc --print sysroot").quiet().ignore_stderr().read().ok()?;
    let program = |name: &str| {
        let own = Path::new(&sysroot).join("bin").join(name);
        if own.is_file() { Some(own) } else { which::which(name).ok() }
    };
    Some((program("cargo")?, program("rustc")?))
}

/// Returns the distribution's cargo and rustc, which rustup's hide on PATH.
fn distributions() -> Option<(PathBuf, PathBuf)> {
    let [cargo, rustc] = ["/usr/bin/cargo", "/usr/bin/rustc"].map(PathBuf::from);
    (cargo.is_file() && rustc.is_file()).then_some((cargo, rustc))
}

/// Installs Debian's packages, as root or through sudo if it needs no password. Prints a failure
/// and returns: the caller looks for what it needs.
pub fn apt_install(shell: &Shell, packages: &[&str]) {
    let sudo: &[&str] = match cmd!(shell, "id -u").quiet().ignore_stderr().read() {
        Ok(id) if id.trim() == "0" => &[],
        _ => &["sudo", "--non-interactive"],
    };
    let apt = |arguments: &[&str]| {
        let mut words = sudo
            .iter()
            .chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"].iter())
            .chain(arguments);
        let program = words.next().copied().unwrap_or("env");
        cmd!(shell, "{program}").args(words).ignore_stdout().run().is_ok()
    };
    let install: Vec<&str> =
        ["install", "--yes", "--no-install-recommends"].iter().chain(packages).copied().collect();
    // The lists of a fresh machine may be missing or old.
    let _ = apt(&install) || (apt(&["update"]) && apt(&install));
}
