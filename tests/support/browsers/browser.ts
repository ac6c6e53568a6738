// A browser as the tests see it, whichever engine it has and however it is driven.

/** The engines that the tests run in. */
export type Engine = "chromium" | "firefox" | "webkit";

/** A running browser. */
export interface Browser {
  readonly engine: Engine;
  /** Its own version. */
  readonly version: string;
  /** Someone who was never here: no cookies, no storage, nothing cached. */
  visitor(): Promise<Visitor>;
  /** Ends it, with every process that it started. */
  close(): Promise<void>;
}

/** A visitor with one tab. Certificates are not checked. */
export interface Visitor {
  /** Opens an address; resolves when the page and its scripts are loaded. */
  goto(url: string): Promise<void>;
  /** Runs a function in the page, and gives what it returns or resolves to. Both cross as JSON. */
  evaluate<Result>(run: () => Result | Promise<Result>): Promise<Result>;
  evaluate<Given, Result>(run: (given: Given) => Result | Promise<Result>, given: Given): Promise<Result>;
  /** The cookies that the page at hand is sent, in the order of their names. */
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

/** What a browser's protocol tells of a cookie: a dot in front says that the domain is shared. */
export interface ToldCookie extends Omit<StoredCookie, "domain" | "sameSite"> {
  domain: string;
  sameSite?: string;
}

/** Cookies in one form and order. */
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
