// Hooks methods of the host.

/** Runs `use`. An error in it never reaches the page. */
export function attempt(use: () => void): void {
  try {
    use();
  } catch {}
}

/** A method of the host, with any arguments. */
type Method = (...call: unknown[]) => unknown;

/**
 * Calls `before` with the arguments of each call of a method. `before` may change the list. The hook replaces the method
 * on the object or on the prototype that has it.
 *
 * A Proxy keeps the method's name, length, text and properties.
 *
 * @throws if there is no such method, or the page has locked it
 */
export function hook(host: object, name: string, before: (call: unknown[], self: object) => void): void {
  let holder = host as Record<string, Method>;
  while (!Object.hasOwn(holder, name)) holder = Object.getPrototypeOf(holder);
  holder[name] = new Proxy(holder[name]!, {
    apply(method, self, call) {
      attempt(() => before(call, self));
      return Reflect.apply(method, self, call);
    },
  });
}
