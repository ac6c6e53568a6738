// `capi-bridge serve`: its options and its help.

import { resolve } from "node:path";
import type { Words } from "../serve/settings.ts";
import { type CliCommand, portOf } from "./command.ts";

/** Adds the command. */
export function addServe(program: CliCommand): void {
  program
    .command("serve")
    .summary("run the bridge on this machine")
    .description("Runs the bridge on this machine, with its outbox on disk. It needs workerd.")
    .option("--config <file>", "the configuration, JSON", "bridge.json")
    .option("--port <number>", "where it answers; 0 takes any port that is free", portOf, 8787)
    .option("--host <address>", "the address it listens on; 0.0.0.0 is every one", "127.0.0.1")
    .option("--data <folder>", "the folder of the outbox; one process at a time", "capi-bridge-data")
    .addHelpText(
      "after",
      "\nSIGTERM and SIGINT end it cleanly; SIGHUP reads the configuration again." +
        "\nSecrets come from the environment: capi-bridge --help has their names.",
    )
    .examples(
      "META_ACCESS_TOKEN=… capi-bridge serve",
      "capi-bridge serve --config shop.json --port 0 --data /var/lib/capi-bridge",
    )
    .action(async (words: Words) => {
      const { serve } = await import("./serving.ts");
      await serve({ ...words, data: resolve(words.data) });
    });
}
