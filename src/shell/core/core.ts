// What a back end computes: the same values as in the page, under the field's names.

export { clientIp, type ClientIpOptions, type HeaderRecord } from "./client-ip.ts";
export {
  hash,
  normalize,
  problem,
  type Field,
  type Problem,
  type Raw,
  type ValueOptions,
} from "./customer.ts";
export { eventId, type EventIdOf } from "./event-id.ts";
export { identifiers, type CookieToSet, type Identifiers, type Visit } from "./identifiers.ts";
