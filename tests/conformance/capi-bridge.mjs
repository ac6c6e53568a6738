// `capi-bridge/core`, run by the conformance suite.

import { clientIp, eventId, hash, identifiers } from "capi-bridge/core";
import { answer, forFields } from "./peers/answer.mjs";

const HOST = "www.example.com";
const sent = ({ fbp = null, fbc = null }) => ({ fbp, fbc });

answer({
  "click-id": ({ url, nowMillis: now }) => {
    const payload = identifiers({ url, host: HOST, now }).fbc?.split(".")[3];
    return { clickId: payload === undefined ? null : decodeURIComponent(payload) };
  },
  "fbp-cookie": ({ value, nowMillis: now }) =>
    sent(identifiers({ url: "", host: HOST, now, cookies: `_fbp=${value}` })),
  "fbc-cookie": ({ value, nowMillis: now }) =>
    sent(identifiers({ url: "", host: HOST, now, cookies: `_fbc=${value}` })),
  visit: ({ host, nowMillis: now, url, referrer, cookies, mayMint: mint, lastWritten }) =>
    sent(identifiers({ host, now, url, referrer, cookies, mint, lastWritten })),
  "cookie-domain": ({ host }) => {
    const { fbc, cookiesToSet } = identifiers({ url: "https://x/?fbclid=A", host });
    return { domain: cookiesToSet[0]?.domain ?? null, subdomainIndex: Number(fbc?.split(".")[1]) };
  },
  "client-ip": ({ headers, peer, ...options }) => ({
    clientIp: clientIp(headers, peer, { ...options, hopsHeader: options.hopsHeader ?? undefined }) ?? null,
  }),
  "event-id": ({ eventName, orderId }) => ({ eventId: eventId({ eventName, orderId }) }),
  "keyed-event-id": ({ eventName, orderId, secret }) => ({
    eventId: eventId({ eventName, orderId, secret }),
  }),
  ...forFields(({ field, value, defaultCountry, thisYear }) => ({
    hashes: hash(field, value, { defaultCountry, thisYear }),
  })),
});
