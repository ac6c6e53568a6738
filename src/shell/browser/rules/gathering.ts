// Limits the time that an event waits for others, so that they share a request.

import { isConversion } from "./standard-events.ts";

/**
 * The wait of a browsing event, in milliseconds. It is lost if the process is killed; a page that is left
 * sends at once.
 */
const BROWSING_MILLIS = 500;
/** The wait of a conversion, in milliseconds. Calls of the same moment still share a request. */
const CONVERSION_MILLIS = 50;
/** Returns the milliseconds that an event of this name may wait. Those that are no conversion are browsing. */
export const gatherMillis = (name: string): number =>
  isConversion(name) ? CONVERSION_MILLIS : BROWSING_MILLIS;
