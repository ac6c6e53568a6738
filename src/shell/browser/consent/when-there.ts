// Waits for a consent platform's function, which the page may define after this script has run.

const LOOK_EVERY_MILLIS = 100;
const LOOK_FOR_MILLIS = 30_000;

/** Calls `use` with the page's function of this name, at once or when the page has defined it. */
export function whenThere(name: string, use: (platform: (...call: unknown[]) => void) => void): void {
  const look = () => {
    const platform = (window as unknown as Record<string, unknown>)[name];
    if (typeof platform !== "function") return false;
    use(platform as (...call: unknown[]) => void);
    return true;
  };
  if (look()) return;
  const end = Date.now() + LOOK_FOR_MILLIS;
  const timer = setInterval(() => {
    if (look() || Date.now() > end) clearInterval(timer);
  }, LOOK_EVERY_MILLIS);
}
