// Says what is wrong with a pair of copies and how to repair it.

import { differences } from "./differences.ts";
import type { Finding, SeenEvent } from "./report.ts";
import { short } from "./words.ts";

/** A finding, with code to copy where code repairs it. */
export interface Advice extends Finding {
  code?: string;
}

/** Fields that must be equal, with the reason. */
const MUST_BE_EQUAL: Record<string, string> = {
  fbp: "Read the cookie _fbp on the server and send it unchanged.",
  fbc: "Read the cookie _fbc on the server and send it unchanged.",
  value: "Compute the value once and give it to both sides.",
  currency: "Send the same ISO 4217 code from both sides.",
};

/**
 * Returns what is wrong, errors first. Takes the sandbox's own findings if there are any, and else compares
 * the copies here.
 */
export function adviceOn(event: SeenEvent): Advice[] {
  const given: Advice[] = event.findings ?? differing(event);
  const missing = event.merged ? [] : reason(event, given);
  const order = { error: 0, warning: 1 };
  return [...missing, ...given].sort((one, other) => order[one.severity] - order[other.severity]);
}

/** Explains why the event was not merged, unless a finding of the sandbox already does. */
function reason(event: SeenEvent, given: Advice[]): Advice[] {
  if (event.findings !== undefined && given.some(({ severity }) => severity === "error")) return [];
  const message = event.why_not ?? "The copies were not recognised as one.";
  const { fix, code } = repair(event);
  // The other copy may be on its way.
  const severity = /\(yet\)/.test(message) && !isEmpty(event.event_id) ? "warning" : "error";
  return [{ field: fieldOf(event), severity, message, fix, ...(code !== undefined && { code }) }];
}

const isEmpty = (text: string | null | undefined) => (text ?? "") === "";

function fieldOf({ browser, server }: SeenEvent): string {
  const copy = browser ?? server;
  if (isEmpty(copy?.event_id)) return "event_id";
  return browser === null ? "browser copy" : "server copy";
}

function repair(event: SeenEvent): { fix: string; code?: string } {
  const { browser, server, event_id } = event;
  const why = event.why_not ?? "";
  if (/different (datasets|names)/.test(why)) {
    return { fix: "Use the same dataset and the same event name, with the same capitals, on both sides." };
  }
  if (/event ids differ/.test(why)) {
    return {
      fix: "Make the id once, and hand it to both sides. For an order, derive it from the order number.",
    };
  }
  if (/48 hours/.test(why)) {
    return { fix: "Send both copies within 48 hours, best within an hour." };
  }
  const name = JSON.stringify(short(event.event_name, 50));
  const id = JSON.stringify(short(event_id ?? "one-id-for-both-copies", 100));
  if (browser !== null && isEmpty(browser.event_id)) {
    return {
      fix: "Give the pixel's call an event id, and send the same id from the server.",
      code: `fbq("track", ${name}, {}, {eventID: ${id}});`,
    };
  }
  if (server !== null && isEmpty(server.event_id)) {
    return {
      fix: "Give the server's event an id, and give the same id to the pixel.",
      code: `"event_name": ${name}, "event_id": ${id}`,
    };
  }
  if (server === null) {
    return {
      fix: "Post the same event from the server, with this id and name.",
      code: `"event_name": ${name}, "event_id": ${id}`,
    };
  }
  return {
    fix: "Track the same event in the page, with this id and name.",
    code: `fbq("track", ${name}, {}, {eventID: ${id}});`,
  };
}

/** Finds the fields that differ between the copies. */
function differing(event: SeenEvent): Advice[] {
  if (event.browser === null || event.server === null) return [];
  return differences(event)
    .flatMap(({ fields }) => fields)
    .filter(({ is, name }) => is === "different" && Object.hasOwn(MUST_BE_EQUAL, name))
    .map(({ name }) => ({
      field: name,
      severity: "warning",
      message: `${name} differs between the copies.`,
      fix: MUST_BE_EQUAL[name] ?? "",
    }));
}
