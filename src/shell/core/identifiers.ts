// The identifiers of a page view, as a server sees it.

import { identifiers as call } from "#wasm/core";
import { millis, text } from "./argument.ts";
import { give, orElse, taken } from "./engine.ts";

const find = orElse(call, () => 0);

/** A page view. */
export interface Visit {
  /** The page's address. Its query may carry a click (`fbclid`); `https:` makes the cookies `Secure`. */
  url: string;
  /** The `Referer` header. It is searched for a click if the address has none. */
  referrer?: string | undefined;
  /** The `Cookie` header as it came, or the cookies by name, their values not decoded. */
  cookies?: string | Record<string, unknown> | undefined;
  /** The `Host` header: the cookies are for its registrable domain. */
  host: string;
  /** Now, in milliseconds since 1970. Default `Date.now()`. */
  now?: number | undefined;
  /**
   * The time when you last wrote the cookies, in milliseconds since 1970, if you know it. The cookies are extended
   * 60 days later. 0 extends them now: do that once a day, because Safari deletes cookies that a script wrote after
   * 7 days, and after 24 hours if the visit began with a click on an ad.
   */
  lastWritten?: number | undefined;
  /** True to make an `fbp` if there is none. Only with the visitor's consent. Default `false`. */
  mint?: boolean | undefined;
}

/** The identifiers of a page view. */
export interface Identifiers {
  /** The browser id, for `user_data.fbp`. */
  fbp?: string;
  /** The click, for `user_data.fbc`; absent also when it is older than 90 days. */
  fbc?: string;
  /** The cookies to write, in this order; empty if nothing changed. */
  cookiesToSet: CookieToSet[];
}

/** A cookie to write. Not `HttpOnly`: the pixel must read it. */
export interface CookieToSet {
  name: "_fbp" | "_fbc";
  /** Safe in a cookie as it is: do not encode it. */
  value: string;
  /** The registrable domain; absent for a cookie of the host alone. */
  domain?: string;
  /** Lifetime in seconds: 7776000 (90 days), or 0 to delete the cookie. */
  maxAge: number;
  /** True if the cookie is for https alone. */
  secure: boolean;
  /** The whole cookie, for `Set-Cookie`. */
  header: string;
}

/**
 * Returns the visitor's `fbp` and `fbc`, and the cookies to write.
 *
 * This reads identifiers: do not call it before consent. It never throws because of a visitor's data; data
 * that cannot be read counts as absent.
 *
 * ```ts
 * identifiers({ url: "https://www.example.com/?fbclid=IwAR2", host: "www.example.com", now: 1700000000000 });
 * // { fbc: "fb.1.1700000000000.IwAR2", cookiesToSet: [{ name: "_fbc", domain: "example.com", maxAge: 7776000, … }] }
 * ```
 *
 * @throws {TypeError} when an argument has the wrong type; the message names it
 */
export function identifiers(visit: Visit): Identifiers {
  const { referrer = "", cookies = "", now = Date.now(), lastWritten, mint = false } = visit;
  const isUnitless = lastWritten === undefined || lastWritten === 0;
  const written = isUnitless ? lastWritten : millis("identifiers: lastWritten", lastWritten);
  const host = line(text("identifiers: host", visit.host));
  const url = line(text("identifiers: url", visit.url));
  const from = line(text("identifiers: referrer", referrer));
  const jar = line(typeof cookies === "string" ? cookies : header(cookies));
  const length = give(`${host}\n${url}\n${from}\n${jar}`);
  const lines = taken(find(length, millis("identifiers: now", now), written, mint)).split("\n");
  const fbc = lines.pop() ?? "";
  const fbp = lines.pop() ?? "";
  const found: Identifiers = { cookiesToSet: lines.map(cookie) };
  if (fbp !== "") found.fbp = fbp;
  if (fbc !== "") found.fbc = fbc;
  return found;
}

/** Removes line breaks, as URL parsers do: they separate the lines of the module's input. */
const line = (value: string) => (value.includes("\n") ? value.replaceAll("\n", "") : value);

/** Returns the cookies `_fbp` and `_fbc` as a `Cookie` header has them. */
function header(cookies: unknown): string {
  if (typeof cookies !== "object" || cookies === null) {
    throw new TypeError("identifiers: cookies: expected a Cookie header or an object of cookies by name");
  }
  let pairs = "";
  for (const name of ["_fbp", "_fbc"] as const) {
    const found = (cookies as Record<string, unknown>)[name];
    for (const value of Array.isArray(found) ? (found as unknown[]) : [found]) {
      if (typeof value === "string" && !value.includes(";")) pairs += `${name}=${value};`;
    }
  }
  return pairs;
}

/** Parses a cookie in the one form that the module writes: `_fbp=…; Path=/; Domain=…; Max-Age=…; …`. */
function cookie(header: string): CookieToSet {
  const path = header.indexOf("; Path=/");
  const age = header.indexOf("; Max-Age=", path);
  const set: CookieToSet = {
    name: header.startsWith("_fbp") ? "_fbp" : "_fbc",
    value: header.slice("_fbp=".length, path),
    maxAge: Number.parseInt(header.slice(age + "; Max-Age=".length), 10),
    secure: header.endsWith("; Secure"),
    header,
  };
  const domain = header.slice(path + "; Path=/; Domain=".length, age);
  if (domain !== "") set.domain = domain;
  return set;
}
