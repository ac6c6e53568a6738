// `capi-bridge tail`: what a running bridge accepts and delivers, as it happens. It reads the status again and again.

import type { CliCommand } from "../command.ts";
import { DataError, UnavailableError, UsageError } from "../errors.ts";
import { complain, say } from "../print.ts";
import { changes, type Status, summary } from "./changes.ts";

const WITHIN_MILLIS = 10_000;
/** The number of quarantined events that are asked for: more than can come within a second without being lost. */
const QUARANTINE = 100;

interface Options {
  url: string;
  every: string;
  for?: string;
}

/** Adds the command. */
export function addTail(program: CliCommand): void {
  program
    .command("tail")
    .summary("show what a running bridge accepts and delivers, as it happens")
    .description(
      "Reads the status of a running bridge every second and prints what changed: events accepted, merged, delivered,\n" +
        "refused, in quarantine, and alarms. It shows no data of events but their names. The key is BRIDGE_KEY.",
    )
    .option("--url <address>", "the address of the bridge, with its base", "http://127.0.0.1:8787/bridge")
    .option("--every <seconds>", "the time between two looks", "1")
    .option("--for <seconds>", "end after this time; without it, end with Ctrl+C")
    .examples(
      "BRIDGE_KEY=… capi-bridge tail",
      "BRIDGE_KEY=… capi-bridge tail --url https://www.shop.example/bridge",
    )
    .action(run);
}

async function run({ url, every, for: duration }: Options): Promise<void> {
  const everyMillis = millisOf("--every", every);
  const end = duration === undefined ? Infinity : Date.now() + millisOf("--for", duration);
  // One of several keys: the worker accepts each.
  const [key] = (process.env["BRIDGE_KEY"] ?? "").split(" ").filter((one) => one !== "");
  if (key === undefined) {
    throw new UsageError(
      "BRIDGE_KEY is not set: tail shows it to the bridge. Set it to the key that the bridge has.",
    );
  }
  let last = await statusOf(url, key);
  complain(`Watching ${url}; Ctrl+C ends.`);
  for (const line of summary(last)) say(line);
  let isLost = false;
  while (Date.now() < end) {
    await new Promise((done) => setTimeout(done, everyMillis));
    try {
      const next = await statusOf(url, key);
      if (isLost) complain("It answers again.");
      isLost = false;
      const now = new Date().toISOString().slice(11, 19);
      for (const line of changes(last, next)) say(`${now}  ${line}`);
      last = next;
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      if (!isLost) complain(`${error.message} Trying again.`);
      isLost = true;
    }
  }
}

function millisOf(option: string, text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0.1 && seconds <= 86_400)) {
    throw new UsageError(`${option} ${text}: expected seconds, such as 1`);
  }
  return seconds * 1000;
}

/**
 * Reads the status.
 *
 * @throws {UsageError} when the address is none
 * @throws {UnavailableError} when nothing answers
 * @throws {DataError} when something else than a bridge answers, or the key is wrong
 */
async function statusOf(base: string, key: string): Promise<Status> {
  const url = URL.canParse(base) ? new URL(`${base.replace(/\/+$/, "")}/status`) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--url ${base}: expected an address such as http://127.0.0.1:8787/bridge`);
  }
  url.searchParams.set("quarantine", String(QUARANTINE));
  let answer: Response;
  let body: unknown;
  try {
    answer = await fetch(url, {
      headers: { authorization: `Bearer ${key}`, accept: "application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(WITHIN_MILLIS),
    });
    body = await answer.json().catch(() => undefined);
  } catch (error) {
    const { cause, name } = error as Error & { cause?: { code?: string; message?: string } };
    const why =
      name === "TimeoutError" ? "no answer in time" : (cause?.code ?? cause?.message ?? "no answer");
    throw new UnavailableError(
      `Nothing answers at ${base} (${why}): is the bridge running? Start it with capi-bridge serve, or name it with --url.`,
    );
  }
  if (answer.status === 401 || answer.status === 403) {
    throw new DataError(`${base} does not accept BRIDGE_KEY: set it to the key that this bridge has.`);
  }
  const { datasets } = (body ?? {}) as Partial<Status>;
  if (answer.status >= 500) {
    throw new UnavailableError(
      `${base} answers with status ${answer.status}: read ${base}/health and the log of the bridge.`,
    );
  }
  if (answer.status !== 200 || !Array.isArray(datasets)) {
    throw new DataError(
      `${base} answers with status ${answer.status}, and not as a bridge: name it with its base, such as --url http://127.0.0.1:8787/bridge.`,
    );
  }
  return body as Status;
}
