// A browser for the tests, with any engine and any protocol.

/** The engines that the tests run in. */
export type Engine = "chromium" | "firefox" | "webkit";

/** A running browser. */
export interface Browser {
  readonly engine: Engine;
  /** The browser's version. */
  readonly version: string;
  /** Returns a new visitor: no cookies, no storage, an empty cache. */
  visitor(): Promise<Visitor>;
  /** Ends the browser and every process that it started. */
  close(): Promise<void>;
}

/** A visitor with one tab. Certificates are not checked. */
export interface Visitor {
  /** Opens an address. Resolves when the page and its scripts have loaded. */
  goto(url: string): Promise<void>;
  /** Runs a function in the page and returns its result. Parameter and result are passed as JSON. */
  evaluate<Result>(run: () => Result | Promise<Result>): Promise<Result>;
  evaluate<Given, Result>(run: (given: Given) => Result | Promise<Result>, given: Given): Promise<Result>;
  /** Returns the cookies that the browser sends to the open page, sorted by name. */
  cookies(): Promise<StoredCookie[]>;
  close(): Promise<void>;
}

/** A cookie as the browser keeps it. */
export interface StoredCookie {
  name: string;
  value: string;
  /** The shared domain, without a dot in front; `null` for a cookie of the host alone. */
  domain: string | null;
  path: string;
  /** Unix seconds; -1 for a cookie that ends with the browser. */
  expires: number;
  secure: boolean;
  httpOnly: boolean;
  sameSite: string | undefined;
}

/** A cookie as a browser's protocol reports it. A dot before the domain means that it is shared. */
export interface ToldCookie extends Omit<StoredCookie, "domain" | "sameSite"> {
  domain: string;
  sameSite?: string;
}

/** Returns cookies in one form, sorted by name. */
export function stored(cookies: ToldCookie[]): StoredCookie[] {
  return cookies
    .map(({ name, value, domain, path, expires, secure, httpOnly, sameSite }) => ({
      name,
      value,
      domain: domain.startsWith(".") ? domain.slice(1) : null,
      path,
      expires,
      secure,
      httpOnly,
      sameSite,
    }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
