// The pixel's cookies `_fbp` and `_fbc`: seeds them, and judges those of a page.

import type { Judgement } from "./settle.ts";
import { importBuilt } from "./places.ts";

/** A cookie as Playwright's `context.addCookies` takes it: for a registrable domain, or for one host. */
export type SeedCookie = { name: string; value: string } & (
  { domain: string; path: string } | { url: string }
);

/** A cookie of a page. */
export interface FoundCookie {
  name: string;
  value: string;
}

/** The visitor whose cookies are made. */
export interface Visitor {
  /** The click id of an ad, `fbclid`. Default: none, so no `_fbc`. */
  clickId?: string;
  /** The time of the visitor's first visit, in Unix milliseconds. Default: an hour ago. */
  createdMillis?: number;
  /** The random part of `_fbp`. Default: random. */
  random?: number;
}

const HOUR_MILLIS = 60 * 60 * 1000;

/**
 * Returns the cookies of a visitor who was on this site before, made by the rules of `capi-bridge/core`.
 *
 * ```ts
 * await context.addCookies(await seedCookies("http://localhost:3000/", { clickId: "Click-1" }));
 * ```
 */
export async function seedCookies(url: string, visitor: Visitor = {}): Promise<SeedCookie[]> {
  const { identifiers } = await importBuilt<{
    identifiers(visit: object): { cookiesToSet: (FoundCookie & { domain?: string })[] };
  }>("core.js");
  const address = new URL(url);
  if (visitor.clickId !== undefined) address.searchParams.set("fbclid", visitor.clickId);
  const made = identifiers({
    url: address.href,
    host: address.host,
    now: visitor.createdMillis ?? Date.now() - HOUR_MILLIS,
    mint: true,
  });
  return made.cookiesToSet.map(({ name, value, domain }) => ({
    name,
    value:
      name === "_fbp" && visitor.random !== undefined ? value.replace(/\d+$/, String(visitor.random)) : value,
    // A host alone, such as an IP address, has no domain.
    ...(domain === undefined ? { url: address.origin } : { domain: `.${domain}`, path: "/" }),
  }));
}

/** Returns a click id that no other test has, as `fbclid` carries it. */
export function newClickId(): string {
  return `IwTest_${crypto.randomUUID().replaceAll("-", "")}`;
}

/** `fb`, the index of the domain, the creation time in milliseconds, the payload, and perhaps an appendix of Meta's SDKs. */
const IDENTIFIER = /^fb\.(\d+)\.(\d+)\.([^.]+)(?:\.([A-Za-z0-9_-]{2}|[A-Za-z0-9_-]{8}))?$/;
/** Unix times before this are seconds, not milliseconds: it is 1973 in milliseconds. */
const LEAST_MILLIS = 100_000_000_000;

/** Returns what is wrong with the value of `_fbp` or `_fbc`, or undefined. `click` is the expected click id. */
export function mistake(name: "_fbp" | "_fbc", value: string, click?: string): string | undefined {
  const [, , time = "", payload = ""] = IDENTIFIER.exec(value) ?? [];
  if (time === "") {
    return `${name} is ${JSON.stringify(value)}, which is not fb.<domain index>.<milliseconds>.<${name === "_fbp" ? "random number" : "click id"}>`;
  }
  if (Number(time) < LEAST_MILLIS)
    return `${name} is ${JSON.stringify(value)}: its time is in seconds, not milliseconds`;
  if (name === "_fbp" && !/^\d+$/.test(payload))
    return `_fbp is ${JSON.stringify(value)}: its last part is not a number`;
  const found = clickIdOf(value);
  if (click !== undefined && found !== click) return `_fbc has the click id ${JSON.stringify(found)}`;
  return undefined;
}

/** Returns the click id of an `fbc`, as the address had it. */
export function clickIdOf(fbc: string): string | undefined {
  const payload = IDENTIFIER.exec(fbc)?.[3]?.replaceAll("__DOT__", ".");
  if (payload === undefined) return undefined;
  try {
    return decodeURIComponent(payload);
  } catch {
    return payload;
  }
}

/** Judges the cookie `_fbp` or `_fbc` of a page. */
export function hasCookie(
  cookies: FoundCookie[],
  name: "_fbp" | "_fbc",
  expected?: string | RegExp,
): Judgement<never> {
  const values = cookies.filter((cookie) => cookie.name === name).map(({ value }) => value);
  const [value] = values;
  const wrong =
    value === undefined
      ? `no cookie ${name}`
      : values.length > 1
        ? `${values.length} cookies ${name}: ${values.join(", ")}`
        : (mistake(name, value, name === "_fbc" && typeof expected === "string" ? expected : undefined) ??
          (isExpected(name, value, expected) ? undefined : `${name} is ${JSON.stringify(value)}`));
  const of =
    expected === undefined
      ? ""
      : name === "_fbc" && typeof expected === "string"
        ? ` with the click id ${JSON.stringify(expected)}`
        : ` ${expected instanceof RegExp ? expected : JSON.stringify(expected)}`;
  return {
    pass: wrong === undefined,
    isFirm: false,
    expected: `a valid cookie ${name}${of}`,
    found: wrong ?? `${name} is ${JSON.stringify(value)}`,
    next:
      wrong === undefined
        ? `check consent: ${name} is written only once it is granted.`
        : value === undefined
          ? name === "_fbc"
            ? "open the page with ?fbclid=<click id> in its address, and check that consent is granted and that no redirect removes fbclid."
            : "check that the page loads the pixel or capi-bridge.js and that consent is granted."
          : "find the code that writes this cookie; keep Meta's value as it is, its time in milliseconds, its click id letter by letter.",
    events: [],
  };
}

const isExpected = (name: string, value: string, expected: string | RegExp | undefined) =>
  expected === undefined ||
  (expected instanceof RegExp ? expected.test(value) : name === "_fbc" || expected === value);
