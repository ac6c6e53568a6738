// How long an event may wait for others, so that they travel in one request.

/** How long an event of browsing waits, in milliseconds: a page that is left sends at once, a process that is killed cannot. */
const BROWSING_MILLIS = 500;
/** The same for a conversion: calls of the same moment still share a request. */
const CONVERSION_MILLIS = 50;
/** Standard events that stand for a result. Others stand for browsing, and more of them follow. */
const CONVERSION =
  /^(CompleteRegistration|Contact|Lead|Purchase|Schedule|StartTrial|SubmitApplication|Subscribe)$/;

/** Returns the milliseconds that an event of this name may wait. */
export const gatherMillis = (name: string): number =>
  CONVERSION.test(name) ? CONVERSION_MILLIS : BROWSING_MILLIS;
