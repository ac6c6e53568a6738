// Hooks `fbq`: every call passes through the bridge first, even if `fbq` is defined later.

/** A call of `fbq`: a command and its arguments. */
export type PixelCall = unknown[];

/** Meta's `fbq`. */
export interface Pixel {
  (...call: PixelCall): unknown;
  queue?: PixelCall[];
  /** Set once Meta's script has loaded. */
  callMethod?: unknown;
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

  // Meta's script compares the two, so both get the same wrapper.
  for (const name of ["fbq", "_fbq"] as const) {
    const declared = Object.getOwnPropertyDescriptor(page, name);
    let value = page[name];
    if (declared?.configurable === false) {
      // A `var fbq` of an earlier script cannot be watched, only replaced.
      if (declared.writable) page[name] = door(value);
      continue;
    }
    Object.defineProperty(page, name, {
      configurable: true,
      enumerable: true,
      get: () => door(value),
      set: (replaced: Pixel) => {
        value = replaced;
      },
    });
    door(value);
  }
}
