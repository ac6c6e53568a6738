// Connects a page of the shop with its surroundings: the sandbox, the pixel, the number in the header.

import type { Line } from "./lines.ts";
import { count } from "./lines.ts";
import { basket } from "./stored.ts";

/** Returns the sandbox's address, which the server wrote into the page. Returns "" if there is none. */
export function sandboxUrl(): string {
  const written = document.querySelector<HTMLMetaElement>('meta[name="sandbox-url"]')?.content ?? "";
  return /^https?:\/\//.test(written) ? written.replace(/\/$/, "") : "";
}

/** Calls the pixel, if the page has one. */
export function pixel(...call: unknown[]): void {
  const { fbq } = window as unknown as { fbq?: (...call: unknown[]) => void };
  fbq?.(...call);
}

/** The parts of `window.capiBridge` that the shop uses. */
interface Bridge {
  identify(customer: object): void;
  prepare(eventName: string): string;
}

/** Returns the bridge, if the page has it. */
export function bridge(): Bridge | undefined {
  return (window as unknown as { capiBridge?: Bridge }).capiBridge;
}

/** Shows the number of items in the header. */
export function showBasketCount(lines: Line[] = basket()): void {
  const shown = document.getElementById("basket-count");
  if (shown === null) return;
  shown.textContent = String(count(lines));
  shown.hidden = lines.length === 0;
}
