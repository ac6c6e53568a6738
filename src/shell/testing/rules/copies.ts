// Faults of one copy: click ids, times, hashes, money, personal data in addresses.

import { createHash } from "node:crypto";
import { clickIdOf } from "../cookies.ts";
import type { ObservedCopy } from "../observed.ts";
import type { Fault, Observed } from "../site-report.ts";

const DAY_MILLIS = 24 * 60 * 60 * 1000;
/** Meta refuses older events. (Server Event Parameters) */
const MAX_AGE_MILLIS = 7 * DAY_MILLIS;
/** `physical_store` events may be older. (Server Event Parameters) */
const MAX_STORE_AGE_MILLIS = 62 * DAY_MILLIS;
/** Times before this are seconds. In milliseconds it is 1973. */
const LEAST_MILLIS = 100_000_000_000;
const EMAIL = /[^\s@/?#&="'<>]+@[^\s@/?#&="'<>]+\.[a-z]{2,}/i;
/** Names of query parameters that hold personal data. */
const PERSONAL =
  /^(e-?mail|mail|phone|tel(ephone)?|mobile|first_?name|last_?name|full_?name|birth(day|date)?|dob)$/i;
const HASHED = /^[0-9a-f]{64}$/i;

/** Returns the faults of each copy; the same fault of the same event name once. */
export function copyFaults(observed: Observed): Fault[] {
  const faults = new Map<string, Fault>();
  for (const copy of observed.copies) {
    for (const found of [
      clickFault(copy, observed),
      secondsFault(copy),
      hashFault(copy, observed),
      moneyFault(copy),
      ageFault(copy, observed.nowMillis),
      urlFault(copy),
    ]) {
      if (found === undefined) continue;
      // Both copies have the page's address, so it is one fault.
      const side = found.rule === "personal-data-in-url" ? "" : copy.side;
      const key = `${found.rule} ${side} ${copy.eventName}`;
      const known = faults.get(key);
      if (known) known.copies.push(copy);
      else {
        const { eventName, eventId, page } = copy;
        faults.set(key, { severity: "error", eventName, eventId, copies: [copy], pageIndex: page, ...found });
      }
    }
  }
  return [...faults.values()];
}

type Found = Pick<Fault, "rule" | "message" | "fix"> | undefined;

function clickFault({ fbc, side, eventName, visitor, page }: ObservedCopy, { pages }: Observed): Found {
  if (fbc === undefined) return undefined;
  const clicks = pages
    .slice(0, page < 0 ? undefined : page + 1)
    .filter((each) => each.visitor === visitor && URL.canParse(each.url))
    .flatMap((each) => new URL(each.url).searchParams.get("fbclid") ?? []);
  const newest = clicks.at(-1);
  const found = clickIdOf(fbc);
  if (newest === undefined || newest === "" || found === newest) return undefined;
  return {
    rule: "fbc-wrong-click",
    message: `The ${side}'s copy of ${eventName} has the click id "${found ?? fbc}" in fbc; the visitor came with fbclid=${newest}.`,
    fix: `Write _fbc anew when the address has another fbclid, letter by letter: fb.1.<now in milliseconds>.${newest}. The server's fbc is this cookie's value.`,
  };
}

function secondsFault({ fbc, fbp, side, eventName }: ObservedCopy): Found {
  const time = Number(fbc?.split(".")[2] ?? NaN);
  if (!(time > 0 && time < LEAST_MILLIS)) return undefined;
  return {
    rule: "fbc-in-seconds",
    message: `The ${side}'s copy of ${eventName} has ${time} as the time in fbc, which is in seconds.`,
    fix: `Date.now() in JavaScript, (int) (microtime(true) * 1000) in PHP: the time in fbc${fbp === undefined ? "" : " and fbp"} is in milliseconds.`,
  };
}

function hashFault(copy: ObservedCopy, { pages, emails = [] }: Observed): Found {
  const known = [
    ...emails,
    ...pages.filter((page) => page.visitor === copy.visitor).flatMap((page) => page.emails ?? []),
  ];
  const right = new Set(known.map((email) => sha256(email.trim().toLowerCase())));
  const wrong = new Set([...known.flatMap(variants).map(sha256), sha256("")]);
  const hashes = [copy.userData["em"] ?? []].flat().filter((value) => typeof value === "string");
  // Meta's SDKs may append `.` and eight characters.
  const bad = hashes
    .map((value) => value.split(".")[0] ?? "")
    .find((value) => wrong.has(value) && !right.has(value));
  if (bad === undefined) return undefined;
  return {
    rule: "hash-not-normalised",
    message:
      bad === sha256("")
        ? `The ${copy.side}'s copy of ${copy.eventName} has the hash of an empty text as its e-mail.`
        : `The ${copy.side}'s copy of ${copy.eventName} has the hash of an e-mail that was not normalised, so Meta finds nobody by it.`,
    fix: `sha256(email.trim().toLowerCase()); leave em out where there is no e-mail. \`npx capi-bridge hash em <e-mail>\` shows the right hash.`,
  };
}

/** Returns the forms in which an e-mail may have been hashed by mistake. */
function variants(email: string): string[] {
  const trimmed = email.trim();
  return [
    email,
    trimmed,
    trimmed.toUpperCase(),
    ...[trimmed, trimmed.toLowerCase()].flatMap((each) => [
      ` ${each}`,
      `${each} `,
      ` ${each} `,
      `${each}\n`,
      `mailto:${each}`,
    ]),
  ];
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function moneyFault({ side, eventName, customData }: ObservedCopy): Found {
  const is = (key: string) => ![undefined, null, ""].includes(customData[key] as string);
  if (!is("value") || is("currency")) return undefined;
  return {
    rule: "value-without-currency",
    message: `The ${side}'s copy of ${eventName} has a value and no currency; Meta refuses or ignores it.`,
    fix:
      side === "browser"
        ? `fbq("track", "${eventName}", { value: …, currency: "EUR" })`
        : `"custom_data": { "value": …, "currency": "EUR" }`,
  };
}

function ageFault(
  { side, eventName, eventTimeMillis, actionSource }: ObservedCopy,
  nowMillis: number,
): Found {
  const limit = actionSource === "physical_store" ? MAX_STORE_AGE_MILLIS : MAX_AGE_MILLIS;
  if (eventTimeMillis === undefined || nowMillis - eventTimeMillis <= limit) return undefined;
  const days = Math.floor((nowMillis - eventTimeMillis) / DAY_MILLIS);
  return {
    rule: "event-too-old",
    message: `The ${side}'s copy of ${eventName} is ${days} days old; Meta refuses the whole request with an event older than ${limit / DAY_MILLIS} days.`,
    fix: `"event_time": Math.floor(Date.now() / 1000) when it happens, in seconds; leave older events out.`,
  };
}

function urlFault({ eventName, url, referrer }: ObservedCopy): Found {
  const name = [url, referrer].map(personalParameter).find((each) => each !== undefined);
  if (name === undefined) return undefined;
  return {
    rule: "personal-data-in-url",
    message: `${eventName} has personal data in the page's address (${name}). Meta forbids it.`,
    fix: `Keep ${name} out of the address: send the form with POST, or call history.replaceState(null, "", location.pathname) before the pixel.`,
  };
}

/** Returns where an address has personal data: the name of a parameter, or "the path". */
function personalParameter(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  const { pathname, searchParams, hash } = new URL(address);
  for (const [name, value] of searchParams) {
    if (value !== "" && !HASHED.test(value) && (PERSONAL.test(name) || EMAIL.test(value)))
      return `the parameter "${name}"`;
  }
  try {
    return EMAIL.test(decodeURIComponent(pathname + hash)) ? "the path" : undefined;
  } catch {
    return undefined;
  }
}
