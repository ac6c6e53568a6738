// Decides on consent: the words of the page, and the pixel's `consent` command.

/** The words of a page. Any other word holds events as "pending" does. */
export const CONSENTS = ["granted", "pending", "denied"] as const;

/** Returns the consent after a `consent` command of the pixel. It cannot undo a denial by the page. */
export const afterPixel = (consent: unknown, word: unknown): unknown => {
  const [from, to] = word === "grant" ? ["pending", "granted"] : ["granted", "pending"];
  return consent === from ? to : consent;
};
