// `capi-bridge sandbox`: a stand-in for Meta on this machine.

import { type CliCommand, portOf } from "../command.ts";

/** The options of the command. */
export interface SandboxWords {
  port: number;
  data?: string;
  open?: true;
}

/** Adds the command. */
export function addSandbox(program: CliCommand): void {
  program
    .command("sandbox")
    .summary("run a stand-in for Meta on this machine")
    .description(
      "Runs the sandbox: it takes events as Meta does, says why two copies are one event or not, and shows them on a\n" +
        "page. No account, no configuration, any dataset, any token. Ctrl+C ends it.",
    )
    .option("--port <number>", "where it answers; 0 takes any port that is free", portOf, 8788)
    .option("--data <folder>", "keep the events in this folder; without it they are gone at the end")
    .option("--open", "open its page in a browser")
    .examples("capi-bridge sandbox", "capi-bridge sandbox --port 0 --data sandbox-data --open")
    .action(async (words: SandboxWords) => {
      const { runSandbox } = await import("./run.ts");
      await runSandbox(words);
    });
}
