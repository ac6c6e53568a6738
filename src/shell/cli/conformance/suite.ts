// The conformance suite: its files, and the rule by which an answer is right.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The files of the suite, without `.json`. */
export const SUITES = ["identifiers", "customer-information", "deduplication", "errors"];

/** One case. `docs/conformance.md` has the members of `input` and `expected` for each topic. */
export interface Case {
  topic: string;
  name: string;
  input: Record<string, unknown>;
  expected: Record<string, unknown>;
  source: string;
  reason?: string;
}

/** Reads the cases of the suite. */
export function readSuites(folder: string): Map<string, Case[]> {
  return new Map(
    SUITES.map((suite) => {
      const text = readFileSync(join(folder, `${suite}.json`), "utf8");
      return [suite, (JSON.parse(text) as { cases: Case[] }).cases];
    }),
  );
}

/** Returns whether an answer is right. */
export function isRight(suite: string, { expected }: Case, output: Record<string, unknown>): boolean {
  if (suite === "customer-information") return isRightHash(expected, output["hashes"]);
  return Object.entries(expected).every(([key, value]) => {
    const given = output[key] ?? null;
    // An adapter that only tells if Meta accepts an event does not need to know the subcode.
    if (key === "subcode") return given === null || given === value;
    if (key === "fbp" || key === "fbc") return isRightIdentifier(value, given);
    if (key === "clickId") return withDots(value) === withDots(given);
    return given === value;
  });
}

/**
 * Returns whether hashes are right: the first one is of a form that is expected. Meta takes several values of a field, so
 * that more hashes are no mistake.
 */
function isRightHash({ normalized, passedOn }: Record<string, unknown>, hashes: unknown): boolean {
  if (!Array.isArray(hashes)) return false;
  const given = hashes.map((hash) => withoutAppendix(String(hash).toLowerCase()));
  if (typeof passedOn === "string") {
    return given.length === 1 && given[0] === withoutAppendix(passedOn.trim().toLowerCase());
  }
  const known = (normalized as string[]).map((form) => createHash("sha256").update(form).digest("hex"));
  if (known.length === 0) return given.length === 0;
  return known.includes(given[0] ?? "");
}

/** Removes the appendix with which a library of Meta's names itself, from a hash. */
const withoutAppendix = (hash: string) => hash.replace(/^([0-9a-f]{64})\.[a-z0-9_-]+$/, "$1");

/** Compares an fbp or fbc without an appendix. `*` stands for a random number. */
function isRightIdentifier(expected: unknown, given: unknown): boolean {
  if (typeof expected !== "string" || typeof given !== "string") return expected === given;
  const [wanted, found] = [expected, given].map((value) => value.split(".").slice(0, 4));
  if (wanted?.[3] === "*")
    return /^\d+$/.test(found?.[3] ?? "") && same(wanted.slice(0, 3), found?.slice(0, 3));
  return same(wanted, found);
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** A click id with a dot is written with `__DOT__` in an fbc. */
const withDots = (id: unknown) => (typeof id === "string" ? id.replaceAll("__DOT__", ".") : id);
