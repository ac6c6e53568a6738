//! From Rust to WebAssembly: one crate, compiled once per shell, bound and shrunk.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;
use xshell::cmd;

use crate::toolchain::Toolchain;
use crate::tree::{Tree, say};
use crate::{bundle, size};

/// The shells, each a cargo feature of the crate, and the profile each is compiled with.
const SHELLS: [(&str, &str); 5] = [
    ("browser", "release"),
    ("customer", "rules"),
    ("datalayer", "release"),
    ("edge", "server"),
    ("sandbox", "release"),
];
/// Those that travel inside a script, because a page or a back end starts them at once.
const INLINED: [&str; 4] = ["browser", "customer", "datalayer", "edge"];
/// Those that do without wasm-bindgen: `src/shell/browser/binding.ts` and `customer.ts` are their other sides.
const BOUND_BY_HAND: [&str; 2] = ["browser", "customer"];
/// Lists of words, each of which a page loads as a script of its own.
const LISTS: [&str; 3] = ["countries", "states", "genders"];
/// Exports of the linker's that a page does without.
const UNUSED: [&str; 2] = ["__data_end", "__heap_base"];
/// What the wasm files depend on: of these, what Rust compiles or includes.
const SOURCES: [&str; 6] = [
    "src",
    "Cargo.toml",
    "Cargo.lock",
    "xtask/src/build.rs",
    "xtask/src/toolchain.rs",
    "xtask/Cargo.toml",
];
const COMPILED: [&str; 5] = ["rs", "txt", "json", "toml", "lock"];
/// Named one by one: what every browser of the last years has.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// SHA-256 in a loop instead of unrolled: less code, half as fast.
const SMALL_SHA2: &str = "--cfg=sha2_backend_soft=\"compact\"";

/// Orders of passes for what every page loads. Which one compresses best differs by some percent from module
/// to module and from change to change, so that each is tried. `-iit`: no load of Rust's traps, so that one
/// whose value nobody needs can go. `--flatten --rereloop` makes control flow anew.
const ORDERS: [&str; 7] = [
    "-Oz",
    "-iit -Oz",
    "-iit -O4 -Oz",
    "-iit -Oz --flatten --rereloop -Oz",
    "--flatten --rereloop -O4 -Oz",
    "-O2 --flatten --rereloop -O4 -Oz",
    "-iit -O4 --flatten --rereloop -O4 -Oz",
];

/// Builds `dist/` and the demo; does nothing where nothing changed.
pub fn run(tree: &Tree, toolchain: &Toolchain) -> Result<()> {
    for (shell, profile) in SHELLS {
        let product = format!("target/wasm/{shell}_bg.wasm");
        if !tree.is_fresh_by(&product, &SOURCES, is_compiled) {
            wasm(tree, toolchain, shell, profile)
                .with_context(|| format!("building the {shell} shell for WebAssembly"))?;
        }
    }
    for list in LISTS {
        let product = format!("target/wasm/list_{list}.ts");
        let source = format!("src/customer/lists/{list}.txt");
        if !tree.is_fresh(&product, &[&source, "xtask/src/build.rs"]) {
            let text = tree.shell.read_file(tree.path(&source))?;
            let module = format!(
                "/** A line break before each word, and what it stands for after it. */\nexport default {:?};\n",
                format!("\n{}", text.trim_end())
            );
            tree.shell.write_file(tree.path(&product), module)?;
        }
    }
    bundle::run(tree)
}

/// The rest of `src`, TypeScript, is bundled after them. A folder alone does not count: it changes with any
/// file in it.
fn is_compiled(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|ending| COMPILED.contains(&ending))
}

fn wasm(tree: &Tree, toolchain: &Toolchain, feature: &str, profile: &str) -> Result<()> {
    say(&format!("compiling the {feature} shell to WebAssembly ({})", toolchain.name()));
    let shell = &tree.shell;
    // One set of flags a profile, so that its standard library is compiled once.
    let own_generics =
        if BOUND_BY_HAND.contains(&feature) { toolchain.own_generics() } else { &[] };
    // LLVM weighs what to inline for size as it does at opt-level "s": a fifth less code in a page than "z" alone.
    // Rules in one function repeat themselves, and compress better still.
    let flags: &[&str] = match profile {
        "server" => &[],
        "rules" => &[SMALL_SHA2, "-Cllvm-args=-inline-threshold=500"],
        _ => &[SMALL_SHA2, "-Cllvm-args=-inline-threshold=100"],
    };
    toolchain
        .build(shell, flags)
        .args(["--lib", "--features", feature, "--target-dir", "target/wasm-build"])
        .args(["--profile", profile])
        .args(own_generics)
        .run()?;

    let compiled = tree
        .path("target/wasm-build/wasm32-unknown-unknown")
        .join(profile)
        .join("capi_bridge.wasm");
    let bound = tree.path("target/wasm");
    if BOUND_BY_HAND.contains(&feature) {
        shell.create_dir(&bound)?;
        let mut module = walrus::ModuleConfig::new()
            .generate_name_section(false)
            .generate_producers_section(false)
            .parse_file(&compiled)?;
        for unused in UNUSED {
            module.exports.remove(unused)?;
        }
        module.emit_wasm_file(bound.join(format!("{feature}_bg.wasm")))?;
    } else {
        Bindgen::new()
            .input_path(compiled)
            .out_name(feature)
            .web(true)?
            .omit_default_module_path(true)
            .typescript(true)
            .remove_name_section(true)
            .remove_producers_section(true)
            .reset_state_function(true)
            .generate(&bound)?;
    }

    let wasm = bound.join(format!("{feature}_bg.wasm"));
    let optimized = if BOUND_BY_HAND.contains(&feature) {
        smallest(tree, &wasm)?
    } else {
        let passes = if profile == "release" { "--flatten --rereloop -O4 -Oz" } else { "-O3" };
        optimized(tree, &wasm, passes)?
    };
    shell.write_file(&wasm, &optimized)?;
    if INLINED.contains(&feature) {
        let inline = bound.join(format!("{feature}_inline.ts"));
        shell.write_file(inline, inline_module(&optimized)?)?;
    }
    Ok(())
}

/// A wasm file after these passes of wasm-opt.
fn optimized(tree: &Tree, wasm: &Path, passes: &str) -> Result<Vec<u8>> {
    let shell = &tree.shell;
    let passes = passes.split(' ');
    let output = wasm.with_extension("opt");
    // Nothing of Rust's is below address 1024.
    cmd!(shell, "node_modules/.bin/wasm-opt {passes...} --low-memory-unused --strip-target-features {WASM_FEATURES...} {wasm} -o {output}")
        .quiet()
        .run()?;
    let bytes = std::fs::read(&output)?;
    shell.remove_path(&output)?;
    Ok(bytes)
}

/// A wasm file after those passes of wasm-opt after which the text that it becomes compresses best.
fn smallest(tree: &Tree, wasm: &Path) -> Result<Vec<u8>> {
    let mut best: Option<(usize, Vec<u8>)> = None;
    for passes in ORDERS {
        let bytes = optimized(tree, wasm, passes)?;
        let size = size::brotli_size(inline_module(&bytes)?.as_bytes())?;
        if best.as_ref().is_none_or(|(least, _)| size < *least) {
            best = Some((size, bytes));
        }
    }
    best.map(|(_, bytes)| bytes).context("wasm-opt has no passes to try")
}

/// A wasm file as the text of a TypeScript module: a template of one character a byte, whose code is the
/// byte, controls included, so that a browser can make bytes of it by itself. Base64 hides the bytes'
/// repetitions from the compressor and costs 15 % of what a page loads.
///
/// No text may hold a 0: an ASCII character that the module does not have stands for it, the one with
/// which the text compresses best; where the module has all, the first that is no byte. It is the
/// text's first, as every module begins with a 0.
fn inline_module(wasm: &[u8]) -> Result<String> {
    let with = |zero| {
        let text: String =
            wasm.iter().map(|&byte| if byte == 0 { zero } else { char::from(byte) }).collect();
        text.replace('\\', r"\\").replace('`', r"\`").replace("${", r"\${").replace('\r', r"\r")
    };
    let mut best = (usize::MAX, with('\u{100}'));
    for zero in ('!'..='~').filter(|&zero| !"$\\`".contains(zero) && !wasm.contains(&(zero as u8)))
    {
        let text = with(zero);
        best = best.min((size::brotli_size(text.as_bytes())?, text));
    }
    Ok(format!(
        "/** A module, as src/shell/inlined.ts reads it. */\nexport default `{}`;\n",
        best.1
    ))
}
