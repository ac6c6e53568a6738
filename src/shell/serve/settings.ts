// What `capi-bridge serve` is told: words of the command line, the configuration, the environment.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { secretNames as namesOfSecrets } from "#wasm/edge";
import { withRelay } from "../edge/engine.ts";

/** What is wrong with the command line. */
export class UsageError extends Error {}
/** What is wrong with the configuration. */
export class ConfigurationError extends Error {}

/** The words of the command line, read. */
export interface Words {
  config: string;
  data: string;
  host: string;
  port: number;
}

/**
 * Reads the words after `serve`.
 *
 * @throws {UsageError} naming the word and what was expected
 */
export function readWords(words: string[]): Words {
  const values = parsed(words);
  const number = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || number > 65_535) {
    throw new UsageError(`--port ${values.port}: expected a number from 0 to 65535`);
  }
  return { config: values.config, data: resolve(values.data), host: values.host, port: number };
}

function parsed(words: string[]) {
  const text = (value: string) => ({ type: "string", default: value }) as const;
  const options = {
    config: text("bridge.json"),
    data: text("capi-bridge-data"),
    host: text("127.0.0.1"),
    port: text("8787"),
  };
  try {
    return parseArgs({ args: words, options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

/** A configuration that was checked, and what the host has to know of it. */
export interface Checked {
  text: string;
  base: string;
  datasets: string[];
  origin: string | null;
  documents: boolean;
}

/**
 * Reads and checks the configuration.
 *
 * @throws {ConfigurationError} naming the file, the path in it and what was expected
 */
export function readConfiguration(file: string): Checked {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ConfigurationError(
      `${file} cannot be read (${reason}). Name the configuration with --config; the smallest one is\n` +
        `  { "datasets": ["1234567890"], "allowedOrigins": ["https://shop.example"] }`,
    );
  }
  try {
    return { text, ...withRelay(text, (relay) => relay.hosting()) };
  } catch (error) {
    throw new ConfigurationError(`${file}: ${messageOf(error)}`);
  }
}

/**
 * Checks what the environment says.
 *
 * @throws {ConfigurationError} when a key could be guessed, or is for a dataset that is not listed
 */
export function checkKeys({ text }: Checked, environment: NodeJS.ProcessEnv): void {
  try {
    const ofSegment = secretNames(environment)
      .filter((name) => name.startsWith("SEGMENT_"))
      .map((name): [string, string] => [name, environment[name] ?? ""]);
    withRelay(text, (relay) => {
      relay.checkKeys(environment["BRIDGE_KEY"] ?? "");
      relay.answersSegment(ofSegment);
    });
  } catch (error) {
    throw new ConfigurationError(messageOf(error));
  }
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The names of the secrets that are there: the worker gets each by its name, from the environment alone. */
export function secretNames(environment: NodeJS.ProcessEnv): string[] {
  return namesOfSecrets(Object.keys(environment).filter((name) => environment[name] !== "")).sort();
}

/** The datasets whose events would wait, since nothing authorises them. */
export function withoutToken(datasets: string[], secrets: string[]): string[] {
  if (secrets.includes("META_ACCESS_TOKEN")) return [];
  return datasets.filter((dataset) => !secrets.includes(`META_ACCESS_TOKEN_${dataset}`));
}
