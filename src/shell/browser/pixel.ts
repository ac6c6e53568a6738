// The door to the pixel: every call of `fbq` passes here first, whenever `fbq` is defined.

/** A call of `fbq`: a command and its arguments. */
export type PixelCall = unknown[];

/** Meta's `fbq`. */
export interface Pixel {
  (...call: PixelCall): unknown;
  queue?: PixelCall[];
  /** Meta's script is there. */
  callMethod?: unknown;
  /** What Meta's script knows. */
  getState?(): { pixels?: { id: unknown }[] };
  /** Whether the pixel leaves changes of the history alone, or reports each as a PageView. */
  disablePushState?: boolean;
  /** Whether the pixel takes more than one PageView of a page. */
  allowDuplicatePageViews?: boolean;
}

/** The page's `fbq`, our door included. */
export const page = globalThis as unknown as Record<"fbq" | "_fbq", Pixel | undefined>;

/**
 * Lets `onCall` see each call of `fbq` and say which calls are made in its place.
 *
 * The page's function stays what it is, its properties are its own, and whatever replaces it later
 * gets the same door. Calls that wait in its queue pass through `onCall` where they stand.
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
      // A door is its own door.
      doors.set(made, made);
      const { queue } = pixel;
      // One by one: whoever holds the array goes on holding what the page's calls became.
      if (Array.isArray(queue)) queue.push(...queue.splice(0).flatMap((call) => onCall([...call])));
    }
    return made;
  };

  // Meta's script compares the two: both lead to the same door.
  for (const name of ["fbq", "_fbq"] as const) {
    const declared = Object.getOwnPropertyDescriptor(page, name);
    let value = page[name];
    if (declared?.configurable === false) {
      // `var fbq` of a script before us cannot be watched, only replaced.
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
