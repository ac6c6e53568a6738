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
 * Lets `before` see each call of a method and replace arguments in its list. The hook stands where the method
 * stood: on the object or on one of its prototypes.
 *
 * A Proxy keeps the method's name, length, text and properties.
 *
 * @throws where there is no such method, or it is locked
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
