// Compares what a test expects of an event with what was sent.

/** Returns the paths at which `found` differs from `expected`. Fields that are not expected are ignored. */
export function differences(expected: unknown, found: unknown, path = ""): string[] {
  if (isAsymmetric(expected)) {
    return expected.asymmetricMatch(found) ? [] : [difference(path, String(expected), found)];
  }
  if (expected instanceof RegExp) {
    return typeof found === "string" && expected.test(found)
      ? []
      : [difference(path, String(expected), found)];
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(found)) return [difference(path, shown(expected), found)];
    if (expected.length !== found.length) return [difference(path, shown(expected), found)];
    return expected.flatMap((each, at) => differences(each, found[at], `${path}[${at}]`));
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof found !== "object" || found === null) return [difference(path, shown(expected), found)];
    return Object.entries(expected).flatMap(([key, each]) =>
      differences(each, (found as Record<string, unknown>)[key], path === "" ? key : `${path}.${key}`),
    );
  }
  return isSame(expected, found) ? [] : [difference(path, shown(expected), found)];
}

/** Returns a value as a test would write it. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value instanceof RegExp) return String(value);
  return JSON.stringify(value);
}

/** The matchers of test runners, such as `expect.any(Number)`. */
interface Asymmetric {
  asymmetricMatch(found: unknown): boolean;
}

function isAsymmetric(value: unknown): value is Asymmetric {
  return typeof (value as Partial<Asymmetric> | null)?.asymmetricMatch === "function";
}

/** The pixel sends every value as text, so `59.9` and `"59.9"` are the same value. */
function isSame(expected: unknown, found: unknown): boolean {
  if (Object.is(expected, found)) return true;
  const [number, text] = typeof expected === "number" ? [expected, found] : [found, expected];
  return typeof number === "number" && typeof text === "string" && text !== "" && Number(text) === number;
}

const difference = (path: string, expected: string, found: unknown) =>
  `${path === "" ? "the value" : path}: expected ${expected}, found ${shown(found)}`;
