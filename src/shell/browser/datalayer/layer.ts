// The page's `dataLayer`: what stands in it, and what is pushed from now on, whoever replaces its `push`.

type Push = (...pushed: unknown[]) => number;

/** On an array that is heard already. */
const HEARD = Symbol.for("capi-bridge.datalayer");

/**
 * Lets `hear` have each element, those that are there first. It has an element before Tag Manager has it.
 *
 * False where the page has something else of this name, or it is heard already.
 */
export function hearLayer(name: string, hear: (pushed: unknown) => void): boolean {
  const page = window as unknown as Record<string, unknown>;
  const layer = (page[name] ??= []) as unknown[];
  if (!Array.isArray(layer) || HEARD in layer) return false;
  Object.defineProperty(layer, HEARD, { value: true });

  const doors = new WeakMap<Push, Push>();
  /** What is on its way through a door: whoever replaced `push` hands it on to the one before. */
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
      // A door is its own door.
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
