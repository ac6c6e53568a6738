// Remembers orders, so that a Purchase is sent once even if its page is reloaded or restored.

const KEY = "capi-bridge.sent";
/** The most orders that a browser remembers. */
const MOST = 50;

/** Returns true if this order was sent before, on this page or an earlier one. Remembers it. */
export function sentBefore(order: string): boolean {
  try {
    const sent = (localStorage.getItem(KEY) ?? "").split("\n");
    if (sent.includes(order)) return true;
    localStorage.setItem(KEY, [order, ...sent].slice(0, MOST).join("\n"));
  } catch {
    // Without storage the order is not remembered. The worker drops the duplicate: its event id is derived
    // from the order.
  }
  return false;
}
