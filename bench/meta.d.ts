// Types of Meta's parameter builder for Node, as far as the benchmarks call it. It is installed for them
// alone.

declare module "capi-param-builder-nodejs" {
  export interface CookieSettings {
    name: string;
    value: string;
    maxAge: number;
    domain: string;
  }
  export class ParamBuilder {
    constructor(domains?: string[]);
    processRequest(
      host: string,
      queries: Record<string, string> | null,
      cookies: Record<string, string> | null,
      referer?: string | null,
    ): CookieSettings[];
    getFbc(): string | null;
    getFbp(): string | null;
    getNormalizedAndHashedPII(value: string, type: string): string | null;
  }
}
