// Console warnings of the first part: each is printed once per page.

const printed: Record<string, unknown> = {};

/** Prints a warning, once per page: the mistake and the remedy. */
export function warn(message: string, detail: unknown = ""): void {
  printed[message] ??= [console.warn(`capi-bridge: ${message}`, detail)];
}
