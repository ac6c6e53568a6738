// Limits the time that an event waits for others, so that they share a request.

/**
 * The wait of a browsing event, in milliseconds. It is lost if the process is killed; a page that is left
 * sends at once.
 */
const BROWSING_MILLIS = 500;
/** The wait of a conversion, in milliseconds. Calls of the same moment still share a request. */
const CONVERSION_MILLIS = 50;
/** The standard events that are conversions. All others are browsing, and more of them follow. */
const CONVERSION =
  /^(CompleteRegistration|Contact|Lead|Purchase|Schedule|StartTrial|SubmitApplication|Subscribe)$/;

/** Returns the milliseconds that an event of this name may wait. */
export const gatherMillis = (name: string): number =>
  CONVERSION.test(name) ? CONVERSION_MILLIS : BROWSING_MILLIS;
