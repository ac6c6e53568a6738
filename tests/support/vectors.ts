// The vectors that every build runs, native and WebAssembly alike.

import { readFileSync } from "node:fs";
import { ROOT } from "./sandbox.ts";

/** Returns the rows of a file below `tests/vectors/`. */
export const vectors = <Row>(file: string) =>
  JSON.parse(readFileSync(`${ROOT}tests/vectors/${file}`, "utf8")) as Row[];

/** Returns rows in the form that a test runner takes: the name, then the row. */
export const named = <Row extends { name: string }>(rows: Row[]) =>
  rows.map((row) => [row.name, row] as const);

export interface ClickIdRow {
  name: string;
  url: string;
  clickId?: string;
  code?: string;
}
export interface ValueRow {
  name: string;
  kind: "fbp" | "fbc";
  value: string;
  creationMillis?: number;
  clickId?: string;
  code?: string;
}
export interface VisitRow {
  name: string;
  host: string;
  https: boolean;
  now: number;
  url: string;
  referrer: string;
  cookies: string;
  /** The click id that an in-app browser lends; absent for none. */
  inAppClick?: string;
  /** Four random bytes in hexadecimal; null where no fbp may be made. */
  mint?: string | null;
  lastWritten?: number | null;
  fbp: string | null;
  fbc: string | null;
  cookiesToSet: string[];
}
export interface DomainRow {
  name: string;
  host: string;
  domain: string | null;
  subdomainIndex: number;
}
export interface ClientIpRow {
  name: string;
  headers: Record<string, string>;
  peer: string | null;
  cloudflare: boolean;
  trustedHops: number;
  hopsHeader?: "forwarded" | "x-forwarded-for";
  clientIp: string | null;
}
export interface EventIdRow {
  name: string;
  given?: string;
  eventName?: string;
  orderId?: string;
  /** Sixteen random bytes in hexadecimal. */
  entropy?: string;
  eventId: string;
}
export interface KeyedEventIdRow {
  name: string;
  eventName: string;
  orderId: string;
  secret: string;
  eventId?: string;
  /** The code of the error, if the secret is not valid. */
  code?: "secret_too_short" | "secret_with_white_space";
}
export interface ReferenceRow {
  name: string;
  field: string;
  raw: string;
  country?: string;
  /** The index of this form, if the value has several. */
  at?: number;
  normalized: string;
  hash: string;
}
export interface RuleRow {
  name: string;
  field: string;
  raw: string;
  country?: string;
  thisYear?: number;
  normalized?: string[];
  code?: string;
  /** The code of the problem that is named although the value has forms. */
  problem?: string;
}
