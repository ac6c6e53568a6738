// One console warning a page, and no more.

let warned = false;

/** Says what is wrong and what to change; only the first of a page is printed. */
export function warn(message: string, detail: unknown = ""): void {
  if (!warned) console.warn(`capi-bridge: ${message}`, detail);
  warned = true;
}
