// Reads all elements of the page's `dataLayer`: those in it and later pushes, even if another script replaces
// `push`.

type Push = (...pushed: unknown[]) => number;

/** Marks an array that the bridge listens to already. */
const HEARD = Symbol.for("capi-bridge.datalayer");

/**
 * Calls `hear` with each element, first with those that are there. Tag Manager gets an element after `hear`.
 *
 * Returns false if the page's value of this name is not an array, or if it is heard already.
 */
export function hearLayer(name: string, hear: (pushed: unknown) => void): boolean {
  const page = window as unknown as Record<string, unknown>;
  const layer = (page[name] ??= []) as unknown[];
  if (!Array.isArray(layer) || HEARD in layer) return false;
  Object.defineProperty(layer, HEARD, { value: true });

  const doors = new WeakMap<Push, Push>();
  /**
   * The elements that are being pushed. A script's own `push` calls the earlier one, which must not hear them
   * again.
   */
  const passing = new Set<unknown>();
  const door = (push: Push): Push => {
    if (typeof push !== "function") return push;
    let made = doors.get(push);
    if (made === undefined) {
      made = function (this: unknown, ...pushed) {
        const fresh = pushed.filter((each) => !passing.has(each));
        for (const each of fresh) {
          passing.add(each);
          hear(each);
        }
        try {
          return Reflect.apply(push, this, pushed);
        } finally {
          for (const each of fresh) passing.delete(each);
        }
      };
      doors.set(push, made);
      // Do not wrap a wrapper again.
      doors.set(made, made);
    }
    return made;
  };

  layer.forEach(hear);
  let { push } = layer;
  Object.defineProperty(layer, "push", {
    configurable: true,
    get: () => door(push),
    set: (replaced: Push) => {
      push = replaced;
    },
  });
  return true;
}
