// Builds the query of one call of the pixel's `/tr` endpoint.

/** An event that is being sent. */
export interface Hit {
  datasetId: string;
  eventName: string;
  /** The page's call: 0 track, 1 trackSingle, 2 trackSingleCustom, 4 trackCustom. */
  callType: number;
  customData: Record<string, unknown>;
  /** The hashed values. */
  userData: Record<string, string>;
  eventId: string | undefined;
  /** The number of events of this dataset that the page sent before. */
  eventCount: number;
  /** The time of the first `init`, in Unix milliseconds; -1 before it. */
  initTimeMillis: number;
  limits: { options: string[]; country: number; state: number } | undefined;
}

/** The page at the moment of sending. */
export interface Surroundings {
  url: string;
  referrer: string;
  inFrame: boolean;
  nowMillis: number;
  screen: { width: number; height: number };
  version: string;
  fbp: string | undefined;
  fbc: string | undefined;
}

/** Returns the query of a hit, in the order of Meta's script. */
export function query(hit: Hit, page: Surroundings): string {
  const pairs: string[] = [];
  const add = (name: string, value: unknown) => {
    if (value !== undefined && value !== null) pairs.push(`${name}=${encodeURIComponent(text(value))}`);
  };
  add("id", hit.datasetId);
  add("ev", hit.eventName);
  add("dl", page.url);
  add("rl", page.referrer);
  add("if", page.inFrame);
  add("ts", page.nowMillis);
  for (const [key, value] of Object.entries(hit.customData)) add(`cd[${encodeURIComponent(key)}]`, value);
  add("sw", page.screen.width);
  add("sh", page.screen.height);
  for (const [key, value] of Object.entries(hit.userData)) add(`ud[${encodeURIComponent(key)}]`, value);
  add("v", page.version);
  add("ec", hit.eventCount);
  add("fbp", page.fbp);
  add("fbc", page.fbc);
  add("it", hit.initTimeMillis);
  if (hit.limits !== undefined) {
    add("dpo", hit.limits.options.join(","));
    add("dpoco", hit.limits.country);
    add("dpost", hit.limits.state);
  }
  add("tm", hit.callType);
  add("eid", hit.eventId);
  add("rqm", "GET");
  return pairs.join("&");
}

/** Returns a value as text: objects and arrays as JSON. */
function text(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
