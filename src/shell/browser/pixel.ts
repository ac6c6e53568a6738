// Hooks `fbq`: every call passes through the bridge first, even if `fbq` is defined later.

import { attempt } from "./attach/hook.ts";

/** A call of `fbq`: a command and its arguments. */
export type PixelCall = unknown[];

/** Meta's `fbq`. */
export interface Pixel {
  (...call: PixelCall): unknown;
  queue?: PixelCall[];
  /** Set once Meta's script has loaded. */
  callMethod?: PixelCall | ((...call: PixelCall) => unknown);
  /** Returns the state of Meta's script. */
  getState?(): { pixels?: { id: unknown }[] };
  /** True if the pixel ignores changes of the history. Otherwise it reports each as a PageView. */
  disablePushState?: boolean;
  /** True if the pixel takes several PageViews of a page. */
  allowDuplicatePageViews?: boolean;
}

/** The page's `fbq`, hooked. */
export const page = globalThis as unknown as Record<"fbq" | "_fbq", Pixel | undefined>;

/**
 * Calls `onCall` with each call of `fbq`, and makes the calls that it returns instead.
 *
 * The page's function and its properties stay as they are. A function that replaces it later is hooked, too.
 * The calls in its queue pass through `onCall` and keep their places.
 *
 * A page that has no pixel yet has no `fbq` from us either: `"fbq" in window` is false. Meta's snippet adds a script
 * to the document and holds calls in its queue until that has loaded. So looking after each change of the document is
 * soon enough.
 */
export function hookPixel(onCall: (call: PixelCall) => PixelCall[]): void {
  const doors = new WeakMap<Pixel, Pixel>();

  const door = (pixel: Pixel | undefined): Pixel | undefined => {
    if (typeof pixel !== "function") return pixel;
    let made = doors.get(pixel);
    if (made === undefined) {
      made = new Proxy(pixel, {
        apply(target, self, call: PixelCall) {
          let result: unknown;
          for (const each of onCall(call)) result = Reflect.apply(target, self, each);
          return result;
        },
        // `fbq.push` is `fbq` itself.
        get: (target, key) => {
          const property: unknown = Reflect.get(target, key, target);
          return property === target ? made : property;
        },
      });
      doors.set(pixel, made);
      // Do not wrap a wrapper again.
      doors.set(made, made);
      const { queue } = pixel;
      // Change the array in place: other scripts may hold a reference to it.
      if (Array.isArray(queue)) queue.push(...queue.splice(0).flatMap((call) => onCall([...call])));
    }
    return made;
  };

  const look = () => {
    // Meta's script compares the two, so both get the same wrapper.
    for (const name of ["_fbq", "fbq"] as const) {
      let value = page[name];
      const made = door(value);
      // Nothing is there, or no function, or it is hooked.
      if (made === value) continue;
      attempt(() => {
        // A `var fbq` cannot be watched, only replaced, again after each change.
        page[name] = made;
        Object.defineProperty(page, name, {
          configurable: true,
          enumerable: true,
          get: () => door(value),
          set: (replaced: Pixel) => {
            value = replaced;
          },
        });
        if (name === "fbq") observer.disconnect();
      });
    }
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true });
  look();
}
