//! The project's folder, and the shell that runs programs in it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use xshell::Shell;

/// The project's root folder, with a shell that stands in it.
pub struct Tree {
    root: PathBuf,
    pub shell: Shell,
}

impl Tree {
    pub fn open() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in a folder of the project")?
            .to_path_buf();
        let shell = Shell::new()?;
        shell.change_dir(&root);
        Ok(Self { root, shell })
    }

    /// Returns a path below the root.
    pub fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// Returns true if `product` exists and nothing in `sources` (files or folders) was changed
    /// after it.
    pub fn is_fresh(&self, product: &str, sources: &[&str]) -> bool {
        self.is_fresh_by(product, sources, |_| true)
    }

    /// Does the same as [`is_fresh`](Self::is_fresh) for the files and folders for which `counts`
    /// is true.
    pub fn is_fresh_by(
        &self,
        product: &str,
        sources: &[&str],
        counts: impl Fn(&Path) -> bool,
    ) -> bool {
        let Some(made) = modified(&self.path(product)) else { return false };
        sources
            .iter()
            .all(|source| newest(&self.path(source), &counts).is_none_or(|changed| changed <= made))
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

/// Returns the latest change of a file, or of anything below a folder, for which `counts` is true.
fn newest(path: &Path, counts: &impl Fn(&Path) -> bool) -> Option<SystemTime> {
    let here = if counts(path) { modified(path) } else { None };
    let below = std::fs::read_dir(path).ok().and_then(|entries| {
        entries.filter_map(Result::ok).filter_map(|entry| newest(&entry.path(), counts)).max()
    });
    here.max(below)
}

/// Prints one line that says what is about to happen.
pub fn say(what: &str) {
    eprintln!("\x1b[1;36m»\x1b[0m {what}");
}
