// A door before one of the host's methods.

/** A method of the host, whatever it takes. */
export type Method = (...call: unknown[]) => unknown;

/**
 * Lets `before` see each call of a method and replace arguments in its list. The hook stands where
 * the method stood: on the object or on one of its prototypes.
 *
 * A Proxy keeps the method's name, length, text and properties. What `before` throws is no concern
 * of the caller: a call that cannot be read goes on as it is, and fails as it always did.
 *
 * @throws where there is no such method, or it is locked
 */
export function hook(host: object, name: string, before: (call: unknown[], self: object) => void): void {
  let holder = host as Record<string, Method>;
  while (!Object.hasOwn(holder, name)) holder = Object.getPrototypeOf(holder);
  holder[name] = new Proxy(holder[name]!, {
    apply(method, self, call) {
      try {
        before(call, self);
      } catch {}
      return Reflect.apply(method, self, call);
    },
  });
}
