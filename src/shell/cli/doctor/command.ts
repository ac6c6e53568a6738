// `capi-bridge doctor`: checks configuration, secrets, Meta's answers and the clock, and explains what is wrong.

import type { CliCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { complain, painted, say } from "../print.ts";
import type { Finding } from "./finding.ts";

interface Options {
  config: string;
  sendTestEvent?: string;
  json?: true;
}

const COLOURS = { ok: "green", warning: "yellow", problem: "red" } as const;
/** The length of the longest level. */
const WIDTH = "problem".length;

/** Adds the command. */
export function addDoctor(program: CliCommand): void {
  program
    .command("doctor")
    .summary("check the set-up: configuration, secrets, token, dataset, origins, clock")
    .description(
      "Checks the configuration, the secrets in the environment, and Meta's answers about token and dataset.\n" +
        "It reads only, unless a test event is asked for. It prints no secret, and ends with status 1 if something\n" +
        "is wrong.",
    )
    .option("--config <file>", "the configuration, JSON", "bridge.json")
    .option("--send-test-event <code>", "send one event to each dataset, with this code of Test Events")
    .option("--json", "print the findings as JSON")
    .addHelpText("after", "\nMeta uses test events like others. The event is named CapiBridgeDoctor.")
    .examples(
      "META_ACCESS_TOKEN=… capi-bridge doctor",
      "capi-bridge doctor --config shop.json --send-test-event TEST12345",
    )
    .action(async ({ config, sendTestEvent, json }: Options) => {
      if (sendTestEvent !== undefined && !/^\w{1,64}$/.test(sendTestEvent)) {
        throw new UsageError(
          `--send-test-event ${sendTestEvent}: expected a code such as TEST12345, as Events Manager shows it under Test Events`,
        );
      }
      const findings: Finding[] = [];
      const found = (finding: Finding) => {
        findings.push(finding);
        if (!json) print(finding);
      };
      const { readConfiguration } = await import("../../serve/settings.ts");
      const { check } = await import("./check.ts");
      await check(readConfiguration(config), process.env, config, sendTestEvent, found);
      if (json) say(JSON.stringify(findings));
      const count = (level: Finding["level"]) => findings.filter((finding) => finding.level === level).length;
      complain(`${count("problem")} problem(s), ${count("warning")} warning(s).`);
      if (count("problem") > 0) process.exitCode = 1;
    });
}

function print({ level, about, says, todo }: Finding): void {
  say(`${painted(COLOURS[level], level.padEnd(WIDTH))}  ${about}: ${says}`);
  if (todo !== undefined) say(`${" ".repeat(WIDTH)}  → ${todo}`);
}
