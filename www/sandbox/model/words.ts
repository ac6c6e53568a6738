// Turns numbers and long texts into words that fit a line.

/** Returns the local time of day, such as `14:03:22`. */
export function clock(millis: number): string {
  return new Date(millis).toLocaleTimeString(undefined, { hour12: false });
}

/** Returns a span of time in its largest unit: `250 ms`, `1.8 s`, `3 min`, `49 h`, `8 days`. */
export function span(millis: number): string {
  const units: [number, string][] = [
    [2 * 86_400_000, "days"],
    [3_600_000, "h"],
    [60_000, "min"],
    [1000, "s"],
  ];
  const found = units.find(([size]) => millis >= size);
  if (found === undefined) return `${Math.round(millis)} ms`;
  const [size, unit] = found;
  const amount = millis / (unit === "days" ? 86_400_000 : size);
  return `${amount < 10 ? Number(amount.toFixed(1)) : Math.round(amount)} ${unit}`;
}

/** Returns the text, cut after `most` characters. Never leaves half of a character of two code units. */
export function short(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** Returns `1 event` or `1,200 events`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
