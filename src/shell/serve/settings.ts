// Reads the settings of `capi-bridge serve`: the configuration and the environment.

import { readFileSync } from "node:fs";
import { type Hosting, nearestWord, secretNames as namesOfSecrets } from "#wasm/edge";
import { withRelay } from "../edge/engine.ts";
import { checkKeys as checkSenderKeys } from "../edge/keys.ts";
import { ConfigurationError, messageOf } from "./errors.ts";

/** The words of the command line, read. */
export interface Words {
  config: string;
  data: string;
  host: string;
  port: number;
}

/** A configuration that was checked, and the parts of it that the host needs. */
export interface Checked extends Hosting {
  text: string;
}

/**
 * Reads and checks the configuration.
 *
 * @throws {ConfigurationError} naming the file, the path in it and what was expected
 */
export function readConfiguration(file: string): Checked {
  let text: string;
  try {
    // Editors on Windows write a byte order mark.
    text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
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
 * Checks the secrets in the environment.
 *
 * @throws {ConfigurationError} when a key could be guessed, or is for a dataset that is not listed
 */
export function checkKeys({ text }: Checked, environment: NodeJS.ProcessEnv): void {
  try {
    checkSenderKeys(text, environment);
  } catch (error) {
    throw new ConfigurationError(messageOf(error));
  }
}

/** Returns the names of the secrets in the environment. The worker gets each of them from there alone. */
export function secretNames(environment: NodeJS.ProcessEnv): string[] {
  return namesOfSecrets(Object.keys(environment).filter((name) => environment[name] !== "")).sort();
}

/** Returns the datasets whose events wait, because no token authorises them. */
export function withoutToken(datasets: string[], secrets: string[]): string[] {
  if (secrets.includes("META_ACCESS_TOKEN")) return [];
  return datasets.filter((dataset) => !secrets.includes(`META_ACCESS_TOKEN_${dataset}`));
}

/** The secrets that the worker reads, without the dataset that may follow. */
const SECRETS = [
  "META_ACCESS_TOKEN",
  "META_APP_SECRET",
  "BRIDGE_KEY",
  "SEGMENT_WRITE_KEY",
  "SEGMENT_WEBHOOK_SECRET",
  "WOOCOMMERCE_WEBHOOK_SECRET",
  "SHOPIFY_WEBHOOK_SECRET",
  "STRIPE_WEBHOOK_SECRET",
  "ORDER_SECRET",
];

/** Returns the variables that are probably secrets with a misspelt name, each with the name that was meant. */
export function misspelt(environment: NodeJS.ProcessEnv): [name: string, meant: string][] {
  const known = secretNames(environment);
  const others = Object.keys(environment).filter(
    (name) => /^[A-Z_]+(_\d+)?$/.test(name) && !known.includes(name),
  );
  return others.sort().flatMap((name): [string, string][] => {
    const [, base = "", dataset = ""] = /^(.*?)((?:_\d+)?)$/.exec(name) ?? [];
    const meant = nearestWord(base, SECRETS);
    return meant === undefined ? [] : [[name, meant + dataset]];
  });
}

/** Returns the secrets for datasets that the configuration does not list: no event will ever use them. */
export function withoutDataset({ text }: Checked, secrets: string[]): string[] {
  return withRelay(text, (relay) => relay.secretsOfNoDataset(secrets));
}
