// Decides which in-app browsers lend the click id of an ad to their pages.

/** The first versions that do. (Meta, client library of the parameter builder) */
const FIRST_FACEBOOK = 397;
const FIRST_INSTAGRAM = 264;

/**
 * Returns true for the in-app browsers of Facebook and Instagram on Android that answer at `properties://`. Those on iOS
 * have a message handler instead.
 */
export function lendsClicks(userAgent: string): boolean {
  const version = (before: RegExp) => Number(userAgent.match(before)?.[1]);
  return (
    userAgent.includes("Android") &&
    ((userAgent.includes("FB_IAB") && version(/FBAV\/(\d+)/) >= FIRST_FACEBOOK) ||
      version(/Instagram (\d+)/) >= FIRST_INSTAGRAM)
  );
}
