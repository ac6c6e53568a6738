// Bundles TypeScript to dist/ (the npm package) and target/demo/ (the demo), with esbuild and tsc.
// `cargo xtask build` calls it after the wasm files are in target/wasm/.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";
import { writeConformance } from "./conformance.mjs";

/** All scripts are ASCII: a page or a server may name any charset, or none. It is esbuild's default, said here. */
const bundle = (options) =>
  build({ bundle: true, format: "esm", target: "es2022", charset: "ascii", logLevel: "warning", ...options });

/**
 * Removes comments and spaces from what runs in Node and at the edge: 38 kB less of the package. Lines stay short and names
 * stay, because Node prints the line of an error.
 */
const spare = { minifyWhitespace: true, minifySyntax: true, lineLimit: 120, legalComments: "none" };
/** Lets a worker import its wasm as a module beside it. */
const workerImports = {
  name: "worker-imports",
  setup({ onResolve }) {
    onResolve({ filter: /^#wasm\/.*\.wasm$/ }, ({ path }) => ({
      path: path.replace("#wasm/", "./"),
      external: true,
    }));
  },
};
/**
 * Gives `capi-bridge/core` in a worker the bindings of the worker's wasm, which has the exports of `core`, too. The two
 * then share one wasm file.
 */
const coreOfWorker = {
  name: "core-of-worker",
  setup({ onResolve }) {
    onResolve({ filter: /^#wasm\/core$/ }, () => ({
      path: new URL("../target/wasm/edge.js", import.meta.url).pathname,
    }));
  },
};
/** Puts the page's script into the worker as text. */
const textImports = {
  name: "text-imports",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#dist\// }, ({ path }) => ({
      path: new URL(`../${path.slice(1)}`, import.meta.url).pathname,
      namespace: "text",
    }));
    onLoad({ filter: /.*/, namespace: "text" }, ({ path }) => ({
      contents: readFileSync(path, "utf8"),
      loader: "text",
    }));
  },
};
/** Lets a program in dist/edge read the page's scripts from the package. They travel in it once less. */
const packageImports = {
  name: "package-imports",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#dist\// }, ({ path }) => ({
      path: path.replace("#dist/", "../"),
      namespace: "package",
    }));
    onLoad({ filter: /.*/, namespace: "package" }, ({ path }) => ({
      contents: `import { readFileSync } from "node:fs";
        export default readFileSync(new URL(${JSON.stringify(path)}, import.meta.url), "utf8");`,
      loader: "js",
    }));
  },
};
/** Lets a program for Node read the worker's wasm from the file beside it. */
const nodeImports = {
  name: "node-imports",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#wasm\/.*\.wasm$/ }, ({ path }) => ({
      path: path.replace("#wasm/", "./"),
      namespace: "wasm",
    }));
    onLoad({ filter: /.*/, namespace: "wasm" }, ({ path }) => ({
      contents: `import { readFileSync } from "node:fs";
        export default new WebAssembly.Module(readFileSync(new URL(${JSON.stringify(path)}, import.meta.url)));`,
      loader: "js",
    }));
  },
};
/** Puts the name `WASM` in place of a wasm that is inlined. `placeInlined` replaces the name by the text. */
const inlineImports = {
  name: "inline-imports",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#wasm\/.*_inline$/ }, ({ path }) => ({ path, namespace: "inline" }));
    onLoad({ filter: /.*/, namespace: "inline" }, () => ({ contents: "export default WASM" }));
  },
};
/** Returns a wasm as a template literal, exactly as the build made it. esbuild would add escapes. */
const inlined = (name) => readFileSync(`target/wasm/${name}_inline.ts`, "utf8").match(/`[^]*`/)[0];
const placeInlined = (name, file) => {
  const script = readFileSync(`dist/${file}.js`, "utf8").replace(/\bWASM\b/, () => inlined(name));
  writeFileSync(`dist/${file}.js`, script);
};
/**
 * Gives an inlined wasm the marks with which the script around it compresses best: some dozen bytes. `inline_module` in
 * `xtask/src/build.rs` says what marks are; it can weigh the module alone.
 */
const remark = (name, file) => {
  const script = readFileSync(`dist/${file}.js`, "utf8");
  const module = inlined(name);
  const [, high, zero] = module.match(/^`(.+)\n(.+)\n/);
  if (high.length > 1 || zero.length > 1) return;
  const wasm = readFileSync(`target/wasm/${name}_bg.wasm`);
  const free = [...`ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789&'"!#%,:;<=>@_~`].filter(
    (mark) => !wasm.includes(mark),
  );
  let smallest = script;
  let least = brotliCompressSync(script).length;
  for (const newHigh of free) {
    // The mark of 0 is read first, so it must not be the other seven bits of a byte from 128 on.
    for (const newZero of free.filter((mark) => !wasm.includes(mark.charCodeAt(0) | 128))) {
      if (newHigh === newZero) continue;
      const characters = [...wasm].map((byte) => {
        const low = byte & 127 ? String.fromCharCode(byte & 127) : newZero;
        return byte > 127 ? newHigh + low : low;
      });
      const text = characters
        .join("")
        .replace(/[\\`]|\$\{/g, "\\$&")
        .replaceAll("\r", "\\r");
      const marked = script.replace(module, () => `\`${newHigh}\n${newZero}\n${text}\``);
      const size = brotliCompressSync(marked).length;
      if (size < least) [smallest, least] = [marked, size];
    }
  }
  writeFileSync(`dist/${file}.js`, smallest);
};
const small = { minify: true, legalComments: "none" };
/**
 * Leaves the sandbox's program in a file of its own: it finds its wasm and its page beside itself. `dist` is the way to
 * dist/ from the file that imports it.
 */
const asBuilt = (dist = ".") => ({
  name: "as-built",
  setup({ onResolve }) {
    const path = `${dist}/sandbox/index.js`;
    onResolve({ filter: /\/sandbox\/serve\.ts$/ }, () => ({ path, external: true }));
  },
});
/**
 * Leaves matching imports in a file beside the one that imports them: the deferred part, or a wasm as text.
 */
const besideImports = (filter, file) => ({
  name: "beside-imports",
  setup({ onResolve }) {
    onResolve({ filter }, () => ({ path: `./${file}.js`, external: true }));
  },
});
/** Leaves dynamic imports in files beside the one that imports them. `files` has their names by the source's. */
const besideParts = (files) => ({
  name: "beside-parts",
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ path, kind }) => {
      const file = kind === "dynamic-import" ? files[basename(path, ".ts")] : undefined;
      return file && { path: `./${file}.js`, external: true };
    });
  },
});
/**
 * Bundles what pages load, as small as possible. esbuild joins the files and shortens names; terser then puts functions
 * that are called once where they are called, which saves another twentieth. `before` and `after` surround the script.
 */
const bundlePage = async ({ before = "", after = "", ...options }) => {
  const { outputFiles } = await bundle({ ...options, ...page, outdir: "dist", write: false });
  for (const { path, text } of outputFiles) {
    const { code } = await minify(text, {
      module: true,
      ecma: 2022,
      compress: { passes: 3, lhs_constants: false, sequences: false, if_return: false },
      format: { ascii_only: true, comments: false },
    });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${before}${code}${after}\n`);
  }
};
const besideInlined = (name, file) => writeFileSync(`dist/${file}.js`, `export default ${inlined(name)};\n`);
const worker = (entry, outfile) =>
  bundle({
    entryPoints: [entry],
    outfile,
    ...spare,
    plugins: [coreOfWorker, workerImports, textImports],
    external: ["cloudflare:workers"],
    conditions: ["workerd"],
  });

for (const folder of ["dist", "target/demo"]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

// The npm package: first what the worker serves to script tags.
const browser = "src/shell/browser";
/**
 * Gives short names to properties that only our own files use. A name is the same in every file and version.
 * No property is known to the host or the page, stored or sent, and none is a name that a part exports. Add new ones at the end: a page that loaded
 * before a deploy may load the deferred part of the new version.
 */
const inShort = (...names) => ({
  mangleProps: new RegExp(`^(${names.join("|")})$`),
  mangleCache: Object.fromEntries(names.map((name, at) => [name, SHORT[at]])),
});
const SHORT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/**
 * Makes a browser compile each function while it reads the script, off the page's thread. Otherwise it reads
 * most functions twice, because most are called at once.
 */
const EAGER = "//# allFunctionsCalledOnLoad";
const page = {
  ...small,
  ...inShort(
    ...["granted", "limited", "follows", "visitor", "ownFetch", "fieldsFor", "bridge"],
    ...["take", "resume", "forget", "mirrors", "keepsCookies", "tell", "upcoming", "idOf", "callWasm"],
    ...["alone", "failed", "addFields", "flying", "pausedUntil", "kept", "taken", "adopt"],
    ...["decide", "schedule", "online", "lookFor", "note"],
    // Of the deferred part alone.
    ...["leave", "settled", "hasNavigated", "navigate", "isLater", "unseen", "look", "pending"],
    ...["write", "bytes"],
  ),
};
/** Consent platforms that the bridge can follow. */
const CONSENT = ["google", "tcf", "gpp"];
/** Meta's event names by Segment's calls: only the names in the worker's table. */
const segmentNames = JSON.parse(readFileSync("src/sources/mapping/segment.json", "utf8")).events.map(
  ({ call, event, becomes }) => [call ?? `track ${event.toLowerCase()}`, becomes],
);
const segment = { SEGMENT_NAMES: JSON.stringify(Object.fromEntries(segmentNames)) };
/** The word lists that a page loads when a value needs them. */
const LISTS = ["countries", "states", "genders"];
/**
 * The parts that a page loads later, by the name of their source. Each is a file of its own, with all that it uses:
 * what two of them share is too small to be a file.
 */
const PARTS = { deferred: "deferred", retry: "retry", customers: "customer", problems: "problems" };
const bundleParts = async (fileOf) => {
  const files = Object.fromEntries(Object.entries(PARTS).map(([source, part]) => [source, fileOf(part)]));
  for (const name of LISTS) files[`list_${name}`] = fileOf(name);
  files.details_inline = fileOf("details");
  for (const source of Object.keys(PARTS)) {
    await bundlePage({
      entryPoints: { [files[source]]: `${browser}/${source}.ts` },
      plugins: [besideParts(files), inlineImports],
    });
  }
};
await bundleParts((name) => `capi-bridge-${name}`);
await bundle({
  entryPoints: Object.fromEntries(
    LISTS.map((name) => [`capi-bridge-${name}`, `target/wasm/list_${name}.ts`]),
  ),
  outdir: "dist",
  ...page,
});
placeInlined("contact", "capi-bridge-customer");
remark("contact", "capi-bridge-customer");
besideInlined("details", "capi-bridge-details");
/** Returns the file name of a part with its version, so that a browser never mixes two versions. */
const versioned = (name) =>
  `${name}.js?${createHash("sha256")
    .update(readFileSync(`dist/${name}.js`))
    .digest("hex")
    .slice(0, 8)}`;
/** Makes one part load others by file name and version. */
const loads = (name, parts) => {
  let text = readFileSync(`dist/${name}.js`, "utf8");
  for (const part of parts) {
    if (!text.includes(`import("./${part}.js")`)) throw new Error(`${name} does not load ${part}`);
    // A browser remembers by its address what could not be loaded, and the retry part is asked for again: each try has
    // another address.
    const end = part === "capi-bridge-retry" ? `#"+Date.now()` : `"`;
    text = text.replace(`import("./${part}.js")`, `import("./${versioned(part)}${end})`);
  }
  writeFileSync(`dist/${name}.js`, text);
};
loads(
  "capi-bridge-customer",
  [...LISTS, "details"].map((name) => `capi-bridge-${name}`),
);
loads("capi-bridge-retry", ["capi-bridge-problems"]);
loads("capi-bridge-deferred", ["capi-bridge-customer", "capi-bridge-retry"]);
// The wasm is at the end, as the argument of the function around the script. Text compresses best beside
// text, binary beside binary.
await bundlePage({
  entryPoints: { "capi-bridge": `${browser}/script.ts` },
  before: `${EAGER}\n(WASM=>{"use strict";`,
  after: `})(${inlined("browser")})`,
  define: { DEFERRED: JSON.stringify(versioned("capi-bridge-deferred")) },
  plugins: [inlineImports],
});
remark("browser", "capi-bridge");
for (const [name, from] of [
  ...CONSENT.map((platform) => [`consent-${platform}`, `./consent/${platform}.ts`]),
  ["segment", "./segment/index.ts"],
]) {
  await bundle({
    stdin: { contents: `import { follow } from "${from}"; follow(window.capiBridge);`, resolveDir: browser },
    outfile: `dist/capi-bridge-${name}.js`,
    format: "iife",
    define: segment,
    ...small,
  });
}
await bundle({
  entryPoints: { "capi-bridge-datalayer": `${browser}/datalayer/script.ts` },
  outdir: "dist",
  format: "iife",
  plugins: [inlineImports],
  ...small,
});
placeInlined("datalayer", "capi-bridge-datalayer");
remark("datalayer", "capi-bridge-datalayer");
// Then the ES modules. What loads at once shares no file with the rest, because sharing makes both larger.
await bundlePage({
  entryPoints: { index: `${browser}/index.ts` },
  before: `${EAGER}\n`,
  plugins: [besideImports(/^#wasm\/browser_inline$/, "index-wasm"), besideParts(PARTS)],
});
besideInlined("browser", "index-wasm");
await bundleParts((name) => (LISTS.includes(name) ? `lists/${name}` : name));
await bundle({
  entryPoints: {
    datalayer: `${browser}/datalayer/index.ts`,
    ...Object.fromEntries(LISTS.map((name) => [`lists/${name}`, `target/wasm/list_${name}.ts`])),
    ...Object.fromEntries(CONSENT.map((name) => [`consent/${name}`, `${browser}/consent/${name}.ts`])),
  },
  outdir: "dist",
  splitting: true,
  chunkNames: "shared/[name]-[hash]",
  plugins: [inlineImports],
  ...page,
});
placeInlined("contact", "customer");
placeInlined("datalayer", "datalayer");
besideInlined("details", "details");
await bundle({
  entryPoints: { segment: `${browser}/segment/index.ts` },
  outdir: "dist",
  define: segment,
  ...small,
});
// The worker and `capi-bridge/core` in a worker share one wasm.
await worker("src/shell/edge/index.ts", "dist/edge/worker.js");
await worker("src/shell/core/workerd.ts", "dist/edge/core.js");
cpSync("target/wasm/edge_bg.wasm", "dist/edge/edge_bg.wasm");
// The handler without a disk, for Node and its like.
await bundle({
  entryPoints: ["src/shell/direct/index.ts"],
  outfile: "dist/edge/direct.js",
  platform: "node",
  packages: "external",
  ...spare,
  plugins: [nodeImports, packageImports],
});
// The sandbox for Node: a program, the wasm, and the files of its page.
await bundle({
  entryPoints: ["src/shell/sandbox/serve.ts"],
  outfile: "dist/sandbox/index.js",
  platform: "node",
  packages: "external",
  ...small,
});
cpSync("target/wasm/sandbox_bg.wasm", "dist/sandbox/sandbox_bg.wasm");
{
  const files = readdirSync("www/sandbox", { withFileTypes: true }).filter((entry) => entry.isFile());
  const [built, copied] = [/\.(ts|css)$/, /\.(html|svg)$/].map((kind) =>
    files.map(({ name }) => name).filter((name) => kind.test(name)),
  );
  await bundle({
    entryPoints: built.map((name) => `www/sandbox/${name}`),
    outdir: "dist/sandbox/assets",
    format: "iife",
    ...small,
  });
  for (const name of copied) cpSync(`www/sandbox/${name}`, `dist/sandbox/assets/${name}`);
}
// Outside workerd, `capi-bridge/core` has the wasm in a file of its own. Node prints the line of an error,
// and an inlined wasm would be a very long line.
await bundle({
  entryPoints: { core: "src/shell/core/index.ts" },
  outdir: "dist",
  ...spare,
  plugins: [besideImports(/^#wasm\/core_inline$/, "core-wasm")],
});
besideInlined("core", "core-wasm");

// The command. What it loads later is in dist/edge, beside the worker's files that `serve` runs. commander is part of it,
// so that nobody installs it.
await bundle({
  entryPoints: { cli: "src/shell/cli/main.ts" },
  outdir: "dist",
  splitting: true,
  chunkNames: "edge/[name]-[hash]",
  platform: "node",
  ...spare,
  external: ["workerd", "@playwright/test"],
  plugins: [
    nodeImports,
    textImports,
    {
      // Values of `capi-bridge/core` and the sandbox come from their own files. Commands load the first one, parts of
      // commands in dist/edge the second one.
      name: "own-files",
      setup({ onResolve }) {
        onResolve({ filter: /\/core\/index\.ts$/ }, () => ({ path: "./core.js", external: true }));
        onResolve({ filter: /\/sandbox\/serve\.ts$/ }, () => ({
          path: "../sandbox/index.js",
          external: true,
        }));
      },
    },
  ],
  banner: {
    js: `import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);`,
  },
});
const licence = readFileSync("node_modules/commander/LICENSE", "utf8").trim();
const command = readFileSync("dist/cli.js", "utf8");
writeFileSync("dist/cli.js", `${command}\n/* Contains commander.\n${licence}\n*/\n`);
writeConformance("dist/conformance");
// The place of the command in earlier versions: the service files of operators name it.
writeFileSync("dist/edge/cli.js", `#!/usr/bin/env node\nimport "../cli.js";\n`, { mode: 0o755 });

// The testing kit: one module for each test runner, and what they share in files beside them. The runners, Playwright and
// workerd are the user's own; the sandbox and the bridge are files of the package.
await bundle({
  entryPoints: Object.fromEntries(
    ["index", "playwright", "vitest", "fake"].map((name) => [name, `src/shell/testing/${name}.ts`]),
  ),
  outdir: "dist/testing",
  platform: "node",
  packages: "external",
  splitting: true,
  chunkNames: "shared-[hash]",
  ...spare,
});

// Its types.
for (const project of ["browser", "worker", "testing"]) {
  execFileSync(
    process.execPath,
    [
      "node_modules/typescript/bin/tsc",
      "-p",
      `tsconfig.${project}.json`,
      "--noEmit",
      "false",
      "--declaration",
      "--emitDeclarationOnly",
      "--rootDir",
      ".",
      "--outDir",
      "target/types",
    ],
    { stdio: "inherit" },
  );
}
for (const shell of ["browser", "core", "edge", "direct", "testing"]) {
  const from = `target/types/src/shell/${shell}`;
  for (const file of readdirSync(from, { recursive: true }).filter((name) => name.endsWith(".d.ts"))) {
    const text = readFileSync(`${from}/${file}`, "utf8").replaceAll('"#wasm/', '"../wasm/');
    mkdirSync(dirname(`dist/types/${shell}/${file}`), { recursive: true });
    writeFileSync(`dist/types/${shell}/${file}`, text);
  }
}
mkdirSync("dist/types/wasm");
cpSync("target/wasm/edge.d.ts", "dist/types/wasm/edge.d.ts");

// The demo: two sites and their workers, and the program that serves them.
for (const site of ["shop", "sandbox"]) {
  const files = readdirSync(`www/${site}`, { withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map((entry) => entry.name);
  for (const page of names.filter((name) => !name.endsWith(".ts"))) {
    cpSync(`www/${site}/${page}`, `target/demo/${site}/assets/${page}`);
  }
  const scripts = names.filter((name) => name.endsWith(".ts") && name !== "worker.ts");
  await bundle({
    entryPoints: scripts.map((name) => `www/${site}/${name}`),
    outdir: `target/demo/${site}/assets`,
    format: "iife",
  });
}
await worker("www/shop/worker.ts", "target/demo/shop/worker.js");
await worker("src/shell/sandbox/worker.ts", "target/demo/sandbox/worker.js");
cpSync("target/wasm/sandbox_bg.wasm", "target/demo/sandbox/sandbox_bg.wasm");
await bundle({
  entryPoints: ["www/serve.ts"],
  outfile: "target/demo/serve.mjs",
  platform: "node",
  packages: "external",
});
