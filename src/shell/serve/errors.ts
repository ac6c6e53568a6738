// The error of a configuration, and the text of any error. Apart from the settings, which load the worker's wasm.

/** A mistake in the configuration. */
export class ConfigurationError extends Error {}

/** Returns the message of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
