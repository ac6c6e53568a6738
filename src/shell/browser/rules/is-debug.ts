// Decides if events are logged. It is apart from `debug.ts`, which loads only if they are.

/** Returns true if events are logged. `setting` is the attribute's text or the option of `start()`. */
export const isDebug = (setting: unknown, query: string): boolean =>
  String(setting ?? false) !== "false" || /[?&]capi-debug\b/.test(query);
