// A Purchase goes out once, also when its page is reloaded or comes back.

const KEY = "capi-bridge.sent";
/** How many orders a browser remembers. */
const MOST = 50;

/** Whether this order went out before, on this page or an earlier one; from now on it did. */
export function sentBefore(order: string): boolean {
  try {
    const sent = (localStorage.getItem(KEY) ?? "").split("\n");
    if (sent.includes(order)) return true;
    localStorage.setItem(KEY, [order, ...sent].slice(0, MOST).join("\n"));
  } catch {
    // Without storage nobody remembers: the event's id is the order's, so the worker sees the second.
  }
  return false;
}
