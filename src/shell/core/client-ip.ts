// Finds the visitor's address in headers that only a trusted proxy can have written.

import { clientIp as call } from "#wasm/core";
import { orElse } from "./engine.ts";

const find = orElse(call, () => undefined);

/** A request's headers by name, as Node and its frameworks have them. */
export type HeaderRecord = Record<string, string | string[] | undefined>;

/** The headers to believe. Default: none, because anyone can send a header. */
export interface ClientIpOptions {
  /** True if every request comes through Cloudflare. `CF-Connecting-IP` is then believed. Default `false`. */
  cloudflare?: boolean | undefined;
  /** The number of your proxies in front, each adding the address it saw. Default 0, at most 255. */
  trustedHops?: number | undefined;
  /** The header that those proxies write. Default `"x-forwarded-for"`. */
  hopsHeader?: "x-forwarded-for" | "forwarded" | undefined;
}

/**
 * Returns the visitor's public address, for `user_data.client_ip_address`; `undefined` if no trusted source
 * has one. `peer` is the address at the other end of the connection.
 *
 * ```ts
 * clientIp(request.headers, request.socket.remoteAddress, { trustedHops: 1 }); // "8.8.4.4"
 * ```
 *
 * @throws {TypeError} when an argument has the wrong type; never because of a header's value
 */
export function clientIp(
  headers: Headers | HeaderRecord,
  peer?: string | null,
  options: ClientIpOptions = {},
): string | undefined {
  const { cloudflare = false, trustedHops = 0, hopsHeader = "x-forwarded-for" } = options;
  if (typeof headers !== "object" || headers === null) {
    throw new TypeError("clientIp: headers: expected Headers or an object of headers by name");
  }
  if (!(Number.isInteger(trustedHops) && trustedHops >= 0 && trustedHops <= 255)) {
    throw new TypeError("clientIp: trustedHops: expected a whole number from 0 to 255");
  }
  if (hopsHeader !== "x-forwarded-for" && hopsHeader !== "forwarded") {
    throw new TypeError('clientIp: hopsHeader: expected "x-forwarded-for" or "forwarded"');
  }
  return find(
    header(headers, "cf-connecting-ip"),
    header(headers, "cf-connecting-ipv6"),
    header(headers, hopsHeader),
    typeof peer === "string" ? peer : undefined,
    cloudflare,
    trustedHops,
    hopsHeader === "forwarded",
  );
}

function header(headers: Headers | HeaderRecord, name: string): string | undefined {
  if (typeof headers.get === "function") return (headers as Headers).get(name) ?? undefined;
  const record = headers as HeaderRecord;
  const key = Object.hasOwn(record, name)
    ? name
    : Object.keys(record).find((known) => known.toLowerCase() === name);
  const value = key === undefined ? undefined : record[key];
  return Array.isArray(value) ? value.join(", ") : typeof value === "string" ? value : undefined;
}
