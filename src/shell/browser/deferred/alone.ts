// Remembers the paths on which a request with our headers failed. Later requests to them carry none.

import type { Failed } from "../attach/fetch.ts";
import { attempt } from "../attach/hook.ts";
import { isSafe, mayBeOurs } from "../rules/redirects.ts";

/** The key in `sessionStorage`. The network may have been the cause, so a path is forgotten with the tab. */
export const LEFT_ALONE = "capi-bridge.left-alone";

/**
 * Keeps the paths in `alone` for the next pages of this tab. It may have been the network that failed, so a path is not
 * kept for longer.
 */
export function leavingAlone(alone: Set<string>) {
  attempt(() => (JSON.parse(sessionStorage[LEFT_ALONE]) as string[]).forEach((path) => alone.add(path)));
  /** Adds a path: its requests carry nothing from now on. */
  const leave = (path: string): void => {
    alone.add(path);
    attempt(() => (sessionStorage[LEFT_ALONE] = JSON.stringify([...alone])));
  };
  /**
   * Sends a failed GET or HEAD once more, without our headers. If that succeeds, adds its path. A request with another
   * method is never sent twice: the page gets the error, and the path is added.
   */
  const failed: Failed = async (error, path, options, again) => {
    if (!mayBeOurs(error.name, options)) throw error;
    const isAgain = isSafe(options?.method);
    const answer = isAgain && (await again());
    leave(path);
    if (!isAgain) throw error;
    return answer;
  };
  return { leave, failed };
}
