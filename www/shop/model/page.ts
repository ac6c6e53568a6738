// What a page of the shop knows of the world around it.

import type { Line } from "./lines.ts";
import { count } from "./lines.ts";
import { basket } from "./stored.ts";

/** The sandbox's address, which the server wrote into the page; "" when there is none. */
export function sandboxUrl(): string {
  const written = document.querySelector<HTMLMetaElement>('meta[name="sandbox-url"]')?.content ?? "";
  return /^https?:\/\//.test(written) ? written.replace(/\/$/, "") : "";
}

/** Tells the pixel, if the page has one. */
export function pixel(...call: unknown[]): void {
  const { fbq } = window as unknown as { fbq?: (...call: unknown[]) => void };
  fbq?.(...call);
}

/** The number in the header. */
export function showBasketCount(lines: Line[] = basket()): void {
  const shown = document.getElementById("basket-count");
  if (shown === null) return;
  shown.textContent = String(count(lines));
  shown.hidden = lines.length === 0;
}
