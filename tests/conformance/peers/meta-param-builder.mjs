// Meta's parameter builder for Node (capi-param-builder-nodejs), run by the conformance suite.

import { createRequire } from "node:module";
import { answer, forFields, UNSUPPORTED } from "./answer.mjs";

const { ParamBuilder } = createRequire(import.meta.url)("capi-param-builder-nodejs");
const HOST = "www.example.com";
/** Its names for Meta's keys. */
const TYPES = {
  em: "email",
  ph: "phone",
  fn: "first_name",
  ln: "last_name",
  db: "date_of_birth",
  ge: "gender",
  ct: "city",
  st: "state",
  zp: "zip_code",
  country: "country",
  external_id: "external_id",
};
const realNow = Date.now;

/** Runs it at a time: it has no parameter for the time. */
function at(nowMillis, call) {
  Date.now = () => nowMillis;
  try {
    return call();
  } finally {
    Date.now = realNow;
  }
}
const queryOf = (url) => Object.fromEntries(new URL(url, "https://www.example.com/").searchParams);
const cookiesOf = (header) =>
  Object.fromEntries(
    header
      .split(";")
      .map((pair) => pair.trim())
      .filter((pair) => pair.includes("="))
      .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );

function processed({
  host = HOST,
  nowMillis = realNow(),
  url = "",
  referrer,
  cookies = "",
  forwarded,
  peer,
}) {
  // Without a list of domains it takes all but the first label of the host.
  const builder = new ParamBuilder();
  const set = at(nowMillis, () =>
    builder.processRequest(host, queryOf(url), cookiesOf(cookies), referrer || null, forwarded, peer),
  );
  return { builder, set };
}

answer({
  "click-id": ({ url, nowMillis }) => {
    // It appends its appendix to every new fbc.
    const parts = processed({ url, nowMillis }).builder.getFbc()?.split(".");
    return { clickId: parts?.slice(3, -1).join(".") ?? null };
  },
  "fbp-cookie": ({ value, nowMillis }) => {
    const fbp = processed({ nowMillis, cookies: `_fbp=${value}` }).builder.getFbp();
    // It always makes an fbp where there is none that it accepts.
    const isNew = fbp?.split(".")[2] === String(nowMillis);
    return { fbp: isNew ? null : fbp };
  },
  "fbc-cookie": ({ value, nowMillis }) => ({
    fbc: processed({ nowMillis, cookies: `_fbc=${value}` }).builder.getFbc(),
  }),
  visit: (input) => {
    if (!input.mayMint) return UNSUPPORTED;
    const { builder } = processed(input);
    return { fbp: builder.getFbp(), fbc: builder.getFbc() };
  },
  "cookie-domain": ({ host }) => {
    const { set, builder } = processed({ host, url: "https://x/?fbclid=A" });
    const domain = set.find(({ name }) => name === "_fbc")?.domain ?? null;
    return { domain, subdomainIndex: Number(builder.getFbc()?.split(".")[1]) };
  },
  "client-ip": ({ headers, peer, cloudflare, trustedHops, hopsHeader }) => {
    // It reads X-Forwarded-For and believes it always.
    if (cloudflare || trustedHops !== 1 || hopsHeader === "forwarded") return UNSUPPORTED;
    const address = processed({
      forwarded: headers["x-forwarded-for"] ?? null,
      peer,
    }).builder.getClientIpAddress();
    return {
      clientIp: address?.replace(/\.[A-Za-z0-9_-]{2,8}$/, (end) => (/^\.\d+$/.test(end) ? end : "")) ?? null,
    };
  },
  ...forFields(({ field, value, defaultCountry }) => {
    if (defaultCountry !== undefined) return UNSUPPORTED;
    const hash = new ParamBuilder().getNormalizedAndHashedPII(value, TYPES[field]);
    return { hashes: hash === null ? [] : [hash] };
  }),
});
