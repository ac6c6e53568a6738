// The host that a request is for.

import { hostProblem as call } from "#wasm/edge";

/**
 * Returns what is wrong with the host of a request, as a sentence, or `undefined` where it can be used.
 * Every later `new URL(request.url)` relies on it.
 */
export function hostProblem(request: Request): string | undefined {
  const problem = call(request);
  if (problem !== undefined || URL.canParse(request.url)) return problem;
  return 'expected a host name or an IP address that a URL can have, such as "www.shop.example"';
}
