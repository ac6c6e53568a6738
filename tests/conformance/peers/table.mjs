// Runs the conformance suite over the peers and prints the table of docs/conformance.md. First, in this folder:
// `npm ci --ignore-scripts`. Then in the root: `node tests/conformance/peers/table.mjs`.

import { spawnSync } from "node:child_process";

const ADAPTERS = {
  "capi-bridge/core": "capi-bridge.mjs",
  "Meta's parameter builder": "peers/meta-param-builder.mjs",
  "Meta's business SDK, Node": "peers/meta-business-sdk.mjs",
  "Segment's destination": "peers/segment-actions.mjs",
};
const results = Object.values(ADAPTERS).map((file) => {
  const words = ["dist/cli.js", "conformance", "--json", "--command", `node tests/conformance/${file}`];
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (stdout === "") throw new Error(`${file}: ${stderr}`);
  return JSON.parse(stdout).counts;
});
const cell = ({ passed, failed }) => (passed + failed === 0 ? "–" : `${passed} of ${passed + failed}`);
console.log(`| topic | cases | ${Object.keys(ADAPTERS).join(" | ")} |`);
console.log(
  `|---|---|${Object.keys(ADAPTERS)
    .map(() => "---")
    .join("|")}|`,
);
for (const [at, { topic, passed, failed, notSupported }] of results[0].entries()) {
  const cells = results.map((counts) => cell(counts[at]));
  console.log(`| \`${topic}\` | ${passed + failed + notSupported} | ${cells.join(" | ")} |`);
}
