// Decides if events are logged. The deferred part asks; the lines themselves are in `debug.ts`.

/** Returns true if events are logged. `setting` is the attribute's text or the option of `start()`. */
export const isDebug = (setting: unknown, query: string): boolean =>
  ![undefined, null, false, "false"].includes(setting as boolean) || /[?&]capi-debug\b/.test(query);
