// The functions for back ends. They compute the same values as a page does.

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
