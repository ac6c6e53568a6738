//! Builds the WebAssembly: compiles the one crate once per shell, adds the bindings, shrinks it.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use wasm_bindgen_cli_support::Bindgen;
use xshell::cmd;

use crate::toolchain::Toolchain;
use crate::tree::{Tree, say};
use crate::{bundle, size};

/// The shells, and the profile with which each is compiled. Each is a cargo feature of the crate.
const SHELLS: [(&str, &str); 7] = [
    ("browser", "release"),
    ("contact", "release"),
    ("details", "release"),
    ("datalayer", "release"),
    ("core", "server"),
    ("edge", "server"),
    ("sandbox", "release"),
];
/// The shells whose wasm is inlined in a script, because a page or a back end starts it at once.
const INLINED: [&str; 5] = ["browser", "contact", "details", "datalayer", "core"];
/// The shells without wasm-bindgen. `src/shell/wasm/bind.ts` is the JavaScript side of all but
/// `datalayer`, whose side is `src/shell/browser/datalayer/binding.ts`.
const BOUND_BY_HAND: [&str; 4] = ["browser", "contact", "details", "datalayer"];
/// The word lists. A page loads each as a script of its own.
const LISTS: [&str; 3] = ["countries", "states", "genders"];
/// The linker's exports that a page does not need.
const UNUSED: [&str; 2] = ["__data_end", "__heap_base"];
/// The sources of the wasm files. Only files with an extension in `COMPILED` count.
const SOURCES: [&str; 6] = [
    "src",
    "Cargo.toml",
    "Cargo.lock",
    "xtask/src/build.rs",
    "xtask/src/toolchain.rs",
    "xtask/Cargo.toml",
];
const COMPILED: [&str; 5] = ["rs", "txt", "json", "toml", "lock"];
/// The WebAssembly features that may be used. All browsers of the last years have them.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Makes SHA-256 a loop that is not unrolled: less code, half as fast.
const SMALL_SHA2: &str = "--cfg=sha2_backend_soft=\"compact\"";

/// The orders of passes that are tried for what every page loads. The best one differs by some
/// percent from module to module and from change to change. `--flatten --rereloop` makes the control
/// flow anew. `-iit`, which assumes that no load traps, is not among them: it saves 12 bytes, and
/// then reads past the end of the memory where a text ends there.
const ORDERS: [&str; 5] = [
    "-Oz",
    "-O4 -Oz",
    "--flatten --rereloop -O4 -Oz",
    "-O2 --flatten --rereloop -O4 -Oz",
    "-O4 --flatten --rereloop -O4 -Oz",
];

/// Builds `dist/` and the demo. Skips what did not change.
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

/// Returns true for a file that Rust compiles or includes. TypeScript is bundled later. Folders do
/// not count, because a folder changes with any file in it.
fn is_compiled(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|ending| COMPILED.contains(&ending))
}

fn wasm(tree: &Tree, toolchain: &Toolchain, feature: &str, profile: &str) -> Result<()> {
    say(&format!("compiling the {feature} shell to WebAssembly ({})", toolchain.name()));
    let shell = &tree.shell;
    // All shells of a profile have the same flags, so that its standard library is compiled once.
    let own_generics =
        if BOUND_BY_HAND.contains(&feature) { toolchain.own_generics() } else { &[] };
    // LLVM weighs what to inline for size as it does at opt-level "s": a fifth less code in a page than "z" alone.
    let flags: &[&str] = match profile {
        // gzip -9 of the worker's module has 820 kB in place of some 885 kB with LLVM's own threshold, and 846 kB with
        // 100. An event takes the module 3 % longer than with 100, and with 100 1 % longer than with LLVM's own.
        "server" => &["-Cllvm-args=-inline-threshold=50"],
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
        let module = if profile == "server" {
            base64_module(&optimized)
        } else {
            inline_module(&optimized)?
        };
        shell.write_file(inline, module)?;
    }
    Ok(())
}

/// Returns a wasm file after these passes of wasm-opt.
fn optimized(tree: &Tree, wasm: &Path, passes: &str) -> Result<Vec<u8>> {
    let shell = &tree.shell;
    let passes = passes.split(' ');
    let output = wasm.with_extension("opt");
    // Rust puts nothing below address 1024.
    cmd!(shell, "node_modules/.bin/wasm-opt {passes...} --low-memory-unused --strip-target-features {WASM_FEATURES...} {wasm} -o {output}")
        .quiet()
        .run()?;
    let bytes = std::fs::read(&output)?;
    shell.remove_path(&output)?;
    Ok(bytes)
}

/// Returns a wasm file after the passes of wasm-opt with the best compressed text.
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

/// Returns a wasm file as the text of a TypeScript module that a page loads. `src/shell/wasm/inlined.ts`
/// reads it.
///
/// The text has ASCII characters only, so that it means the same in every charset that a page or a
/// server may say. It is a template in which most characters are a byte, controls included. Base64
/// would hide the repetitions from the compressor and cost 15 % of what a page loads.
///
/// The first two lines are marks that the module does not have. The first stands before a byte from
/// 128 on, of which the text has the other seven bits. The second stands for a 0, which a text
/// cannot hold.
fn inline_module(wasm: &[u8]) -> Result<String> {
    let mut best: Option<(usize, String)> = None;
    for marks in [single_marks(wasm), double_marks(wasm)] {
        for high in &marks {
            for zero in &marks {
                let text = in_ascii(wasm, high, zero);
                // A mark may arise where a mark meets the character after it.
                if high == zero || read_back(&text, high, zero) != wasm {
                    continue;
                }
                let source = template(&format!("{high}\n{zero}\n{text}"));
                let size = size::brotli_size(source.as_bytes())?;
                if best.as_ref().is_none_or(|(least, _)| size < *least) {
                    best = Some((size, source));
                }
            }
        }
        if best.is_some() {
            break;
        }
    }
    let (_, source) = best.context("the module leaves no marks to write it in ASCII")?;
    Ok(format!(
        "/** A module, as src/shell/wasm/inlined.ts reads it. */\nexport default {source};\n"
    ))
}

/// The most marks of a kind that are tried.
const MAX_MARKS_TRIED: usize = 4;
/// The number of rare characters of which pairs are made.
const RARE_CHARACTERS: usize = 12;

/// Returns the characters that may be marks: those that mean themselves in a template and in a
/// regular expression.
fn marking_characters() -> impl Iterator<Item = u8> {
    (b'!'..=b'~').filter(|byte| byte.is_ascii_alphanumeric() || b"!\"#%&',:;<=>@_~".contains(byte))
}

/// Returns characters that a module does not have.
fn single_marks(wasm: &[u8]) -> Vec<String> {
    marking_characters()
        .filter(|byte| !wasm.contains(byte))
        .map(|byte| char::from(byte).to_string())
        .take(MAX_MARKS_TRIED)
        .collect()
}

/// Returns pairs of rare characters that do not stand side by side in a module.
fn double_marks(wasm: &[u8]) -> Vec<String> {
    let mut counts = [0_usize; 256];
    for &byte in wasm {
        counts[usize::from(byte)] += 1;
    }
    let mut rare: Vec<u8> = marking_characters().collect();
    rare.sort_by_key(|&byte| counts[usize::from(byte)]);
    rare.truncate(RARE_CHARACTERS);
    let pairs = rare.iter().flat_map(|&first| rare.iter().map(move |&second| [first, second]));
    pairs
        .filter(|[first, second]| first != second)
        .filter(|pair| !wasm.windows(2).any(|window| window == pair))
        .map(|pair| pair.map(char::from).iter().collect())
        .take(MAX_MARKS_TRIED)
        .collect()
}

fn in_ascii(wasm: &[u8], high: &str, zero: &str) -> String {
    let mut text = String::new();
    for &byte in wasm {
        if byte > 127 {
            text.push_str(high);
        }
        match byte & 127 {
            0 => text.push_str(zero),
            low => text.push(char::from(low)),
        }
    }
    text
}

/// Reads a text of `in_ascii` as `src/shell/wasm/inlined.ts` does.
fn read_back(text: &str, high: &str, zero: &str) -> Vec<u8> {
    let text = text.replace(zero, "\0");
    let mut bytes = Vec::new();
    let mut rest = text.as_str();
    while let Some(byte) = rest.bytes().next() {
        if let Some(&low) = rest.strip_prefix(high).and_then(|after| after.as_bytes().first()) {
            bytes.push(low | 128);
            rest = &rest[high.len() + 1..];
        } else {
            bytes.push(byte);
            rest = &rest[1..];
        }
    }
    bytes
}

/// Returns the source of a template with this text.
fn template(text: &str) -> String {
    let text =
        text.replace('\\', r"\\").replace('`', r"\`").replace("${", r"\${").replace('\r', r"\r");
    format!("`{text}`")
}

/// Returns a wasm file as the text of a TypeScript module for Node and its like. A megabyte of
/// base64 is read in a few milliseconds, thirty times as fast as the text for a page.
fn base64_module(wasm: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(wasm);
    format!("/** A module in base64. */\nexport default `{text}`;\n")
}
