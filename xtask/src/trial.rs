//! A long run of its own against what was built: `tests/<name>/run.ts`, bundled for Node.

use anyhow::Result;
use xshell::cmd;

use crate::browser::Browser;
use crate::tree::Tree;

/// Bundles a trial and runs it with these options, and with the seed where one is given.
pub fn run(
    tree: &Tree,
    name: &str,
    options: &[(&str, u32)],
    seed: Option<u32>,
    browsers: &[Browser],
) -> Result<()> {
    let shell = &tree.shell;
    let program = format!("target/{name}/run.mjs");
    let bundled = "--bundle --platform=node --packages=external --format=esm --log-level=warning";
    let bundled = bundled.split(' ');
    cmd!(shell, "node_modules/.bin/esbuild tests/{name}/run.ts {bundled...} --outfile={program}")
        .quiet()
        .run()?;
    let seed = seed.map(|seed| ("seed", seed));
    let arguments = options
        .iter()
        .copied()
        .chain(seed)
        .flat_map(|(option, value)| [format!("--{option}"), value.to_string()]);
    cmd!(shell, "node {program} {arguments...}")
        .envs(browsers.iter().filter_map(Browser::variable))
        .quiet()
        .run()?;
    Ok(())
}
