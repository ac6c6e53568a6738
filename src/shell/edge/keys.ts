// Checks the secrets of senders before a request needs them.

import { senderSecretNames } from "#wasm/edge";
import { withRelay } from "./engine.ts";

/**
 * Checks the secrets of senders in an environment.
 *
 * @throws {Error} when a key could be guessed, or is for a dataset that the configuration does not list
 */
export function checkKeys(configuration: string, environment: Record<string, string | undefined>): void {
  const secrets = senderSecretNames(Object.keys(environment)).map((name): [string, string] => [
    name,
    environment[name] ?? "",
  ]);
  withRelay(configuration, (relay) => relay.checkSecrets(secrets));
}
