// Finds the line of a site's code that sends an event.

import type { Source } from "./observed.ts";

/** A line of a document or script. */
export interface Line {
  url: string;
  /** Counted from 1. */
  line: number;
  text: string;
}

/** The most characters of a line that are shown: a minified script is one line. */
const MAX_TEXT = 160;

/** Returns the first line with the event's name in quotes, lines with a tracking call first. */
export function lineOf(sources: Source[], eventName: string): Line | undefined {
  const quoted = ['"', "'", "`"].map((mark) => `${mark}${eventName}${mark}`);
  let other: Line | undefined;
  for (const { url, text } of sources) {
    for (const [index, line] of text.split("\n").entries()) {
      const at = Math.max(...quoted.map((each) => line.indexOf(each)));
      if (at < 0) continue;
      const found = { url, line: index + 1, text: excerpt(line, at) };
      if (/\b(fbq|track\w*)\s*\(/.test(line)) return found;
      other ??= found;
    }
  }
  return other;
}

function excerpt(line: string, at: number): string {
  if (line.length <= MAX_TEXT) return line.trim();
  const from = Math.max(0, at - MAX_TEXT / 2);
  return `…${line.slice(from, from + MAX_TEXT).trim()}…`;
}
