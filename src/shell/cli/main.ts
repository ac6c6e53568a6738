#!/usr/bin/env node
// The command `capi-bridge`: its commands and its help. Each command is a file beside this one.

import { CommanderError } from "commander";
import { version } from "../../../package.json";
import { CliCommand } from "./command.ts";
import { addCheck } from "./check/command.ts";
import { addConformance } from "./conformance/command.ts";
import { addDoctor } from "./doctor/command.ts";
import { addExplain } from "./explain.ts";
import { addHash } from "./hash.ts";
import { addId } from "./id.ts";
import { fail, hasColours } from "./print.ts";
import { addSandbox } from "./sandbox/command.ts";
import { addServe } from "./serve.ts";
import { addTail } from "./tail/command.ts";

const NOTES = `
Secrets come from the environment alone: META_ACCESS_TOKEN, or META_ACCESS_TOKEN_<dataset id>; META_APP_SECRET,
where Meta's app requires appsecret_proof; BRIDGE_KEY; SEGMENT_WRITE_KEY and SEGMENT_WEBHOOK_SECRET, where Segment's
libraries or its webhook send here; WOOCOMMERCE_WEBHOOK_SECRET, SHOPIFY_WEBHOOK_SECRET, STRIPE_WEBHOOK_SECRET and
WEBHOOK_SECRET_<NAME>, where a shop or a payment provider sends its webhooks here; ORDER_SECRET,
which encrypts the visitors of orders.

It ends with status 64 for a wrong command line, 65 for a value that cannot be used, 69 for a port that is taken and
for what does not answer or is not installed, 73 for a folder that cannot be written, 74 for a disk that is full or
failing, 75 for a folder that another process uses, 78 for a wrong configuration, and 1 for all else.

capi-bridge help <command> shows the options of a command, with examples.`;

// A terminal that is closed, or a reader that is gone, does not end the bridge.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

const program = new CliCommand("capi-bridge")
  .description("The Meta Pixel and the Conversions API, one event id on both sides.")
  .version(version, "-v, --version")
  .helpOption("-h, --help")
  .configureOutput({
    getOutHasColors: () => hasColours(process.stdout),
    getErrHasColors: () => hasColours(process.stderr),
  })
  .configureHelp({ styleTitle: (title) => `\u001B[1m${title}\u001B[22m` })
  .addHelpText("after", NOTES)
  // Help and version end by an exception, so that the process ends once its output is written.
  .exitOverride();
for (const add of [
  addServe,
  addSandbox,
  addCheck,
  addDoctor,
  addTail,
  addExplain,
  addHash,
  addId,
  addConformance,
])
  add(program);

const words = process.argv.slice(2);
await program.parseAsync(words.length > 0 ? words : ["--help"], { from: "user" }).catch((error: unknown) => {
  if (error instanceof CommanderError && error.exitCode === 0) return;
  fail(error);
});
