// The paths whose requests are left alone, because one with headers of ours failed there.

import type { Failed } from "../attach/fetch.ts";
import { attempt } from "../attach/hook.ts";
import { isSafe, mayBeOurs } from "../rules/redirects.ts";

/** The key in the storage of the tab. The network may have failed, so a path is not kept for longer. */
const KEY = "capi-bridge.left-alone";

/** Keeps the paths in `alone` for the next pages of this tab. */
export function leavingAlone(alone: Set<string>) {
  attempt(() => (JSON.parse(sessionStorage[KEY]) as string[]).forEach((path) => alone.add(path)));
  /** Leaves the requests to a path alone from now on. */
  const leave = (path: string): void => {
    alone.add(path);
    attempt(() => (sessionStorage[KEY] = JSON.stringify([...alone])));
  };
  /**
   * Sends a failed request once more, without our headers, and leaves its path alone if that helps. A request that may
   * change something is never sent twice: it has the error, and the next one to its path is left alone.
   */
  const failed: Failed = async (error, path, options, again) => {
    if (!mayBeOurs(error.name, options)) throw error;
    const isAgain = isSafe(options?.method);
    const answer = isAgain && (await again());
    leave(path);
    if (!isAgain) throw error;
    return answer;
  };
  return { leave, failed, forget: () => attempt(() => sessionStorage.removeItem(KEY)) };
}
