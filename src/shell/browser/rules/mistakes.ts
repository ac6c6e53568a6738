// Warnings about the set-up of a page.

import type { Warning } from "./about-answer.ts";
import { nearest } from "./near.ts";

/** The settings that take a word, with their words. The first is the default. `start.ts` checks `consent` itself. */
const WORDS: Record<string, string[]> = {
  pixel: ["mirror", "drive", "off"],
  globalPrivacyControl: ["deny", "limit"],
};
const NAMES = ["endpoint", "datasets", "attach", "consent", "debug", ...Object.keys(WORDS)];

/** Returns the name of a setting, with its attribute in a script tag. */
const both = (name: string) => `${name} (data-${name.replace(/[A-Z]/g, "-$&").toLowerCase()})`;

/** Returns the warnings about the settings of a tag, or of a call of `start()`. */
export function aboutSettings(settings: object): Warning[] {
  return Object.entries(settings).flatMap(([name, value]: [string, unknown]): Warning[] => {
    if (value === undefined) return [];
    const wrong = (sentence: string): Warning[] => [[name, sentence]];
    const words = WORDS[name];
    if (words) {
      if (words.includes(value as string)) return [];
      return wrong(`${both(name)}: expected ${words.join(", ")}. Until then it is ${words[0]}.`);
    }
    if (name === "datasets") {
      const ids = [value].flat();
      if (ids.length > 0 && ids.every((id) => /^\d+$/.test(String(id)))) return [];
      return wrong(
        `${both(name)}: expected pixel ids, digits alone. Without the setting it is all that the page has.`,
      );
    }
    if (name === "attach") {
      const { to } = value as { to?: unknown };
      if ([to ?? []].flat().every(isTarget)) return [];
      return wrong(
        `${both(name)}: expected same-origin, or origins such as https://api.shop.example, without a path; !/files/ leaves paths alone.`,
      );
    }
    if (NAMES.includes(name)) return [];
    const meant = nearest(name, NAMES);
    if (meant) return wrong(`${both(name)} is no setting. Did you mean ${both(meant)}?`);
    // Other tools put their own attributes on our tag, and those are texts.
    return typeof value === "string" ? [] : wrong(`${name} is no setting.`);
  });
}

/** Returns true for a valid target of `attach.to`. */
function isTarget(target: unknown): boolean {
  if (typeof target !== "string" || target === "same-origin" || target.startsWith("!/")) return true;
  try {
    return new URL(target).origin === target.replace(/\/$/, "");
  } catch {
    return false;
  }
}

/** Returns the warning about an endpoint that cannot be an address. */
export const aboutEndpoint = (): Warning[] => [
  ["endpoint", `${both("endpoint")}: expected a path or an address. Until then it is /bridge.`],
];

/** Returns the warning about datasets of the page that the settings leave out. */
export const aboutDatasets = (datasets: string[]): Warning[] => [
  [
    "left out",
    `${both("datasets")} does not list ${datasets.join(", ")}, which the page's pixel has: no server copy.`,
  ],
];

/** Returns the warnings about customer information of which `known` are the keys. None holds a value. */
export function aboutCustomer(customer: unknown, known: readonly string[]): Warning[] {
  if (typeof customer !== "object") {
    return [["customer", "identify(): expected an object, such as { email, phone }."]];
  }
  return Object.keys(customer as object).flatMap((key): Warning[] => {
    if (known.includes(key)) return [];
    const meant = nearest(key, known);
    // A key that looks like no name may be a value.
    const shown = /^[a-z_]{1,20}$/i.test(key) ? key : "a key";
    return [
      [
        `customer ${shown}`,
        `identify(), init: ${shown} is not known.${meant ? ` Did you mean ${meant}?` : ""}`,
      ],
    ];
  });
}
