// The door to the pixel: every call of `fbq` passes here first, whenever `fbq` is defined.

/** A call of `fbq`: a command and its arguments. */
export type PixelCall = unknown[];

interface PixelFunction {
  (...call: PixelCall): unknown;
  queue?: PixelCall[];
}

/**
 * Lets `onCall` see each call of `fbq` and say what it is called with.
 *
 * The page's function stays what it is, its properties are its own, and whatever replaces it later
 * gets the same door. Calls that wait in its queue pass through `onCall` where they stand.
 */
export function hookPixel(onCall: (call: PixelCall) => PixelCall): void {
  const doors = new WeakMap<PixelFunction, PixelFunction>();
  const isDoor = new WeakSet<PixelFunction>();

  const door = (value: unknown): unknown => {
    if (typeof value !== "function") return value;
    const pixel = value as PixelFunction;
    if (isDoor.has(pixel)) return pixel;
    let made = doors.get(pixel);
    if (made === undefined) {
      made = new Proxy(pixel, {
        apply: (target, self, call: PixelCall) => Reflect.apply(target, self, onCall(call)),
        // `fbq.push` is `fbq` itself.
        get: (target, key) => {
          const property: unknown = Reflect.get(target, key, target);
          return property === target ? made : property;
        },
      });
      doors.set(pixel, made);
      isDoor.add(made);
      const { queue } = pixel;
      if (Array.isArray(queue)) queue.forEach((call, index) => (queue[index] = onCall([...call])));
    }
    return made;
  };

  // Meta's script compares the two: both lead to the same door.
  for (const name of ["fbq", "_fbq"] as const) {
    const page = window as unknown as Record<string, unknown>;
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
      set: (replaced: unknown) => {
        value = replaced;
      },
    });
    door(value);
  }
}
