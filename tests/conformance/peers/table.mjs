// Runs the conformance suite over the peers and prints the table of docs/conformance.md. First, in this folder:
// `npm ci --ignore-scripts && python3 -m venv python && python/bin/pip install -r requirements.txt`. Then in the root:
// `node tests/conformance/peers/table.mjs`.

import { spawnSync } from "node:child_process";

const PEERS = "tests/conformance/peers";
const ADAPTERS = {
  "capi-bridge/core": "node tests/conformance/capi-bridge.mjs",
  "Meta's parameter builder": `node ${PEERS}/meta-param-builder.mjs`,
  "Meta's business SDK, Node": `node ${PEERS}/meta-business-sdk.mjs`,
  "Meta's business SDK, Python": `${PEERS}/python/bin/python ${PEERS}/meta-business-sdk.py`,
  "Segment's destination": `node ${PEERS}/segment-actions.mjs`,
};
const results = Object.values(ADAPTERS).map((command) => {
  const words = ["dist/cli.js", "conformance", "--json", "--command", command];
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (stdout === "") throw new Error(`${command}: ${stderr}`);
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
