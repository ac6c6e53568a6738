// Makes the conformance suite of the package: the vectors that our own tests run, in a form that any implementation can
// be run over. `docs/conformance.md` describes it.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const VERSION = 1;
const LICENCE = "MIT OR Apache-2.0";
const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const vectors = (name) => read(`tests/vectors/${name}.json`);
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** The sources of identifiers and customer information. A case names one of them. */
const SOURCES = {
  "fbp-fbc":
    "Meta, Conversions API, fbp and fbc Parameters; Meta's parameter builder where it agrees with them",
  domains: "publicsuffix.org, and the subdomain index of Meta's fbp and fbc Parameters",
  forwarded:
    "RFC 7239, the convention of X-Forwarded-For, IANA's registries of special addresses, Cloudflare's headers",
  "event-id":
    "capi-bridge's own rule, docs/identifiers.md: the SHA-256 of name and order, or its HMAC under a secret",
  example:
    "an example with its hash in Meta, Conversions API, Customer Information Parameters, or of its kind",
  rules: "Meta, Conversions API, Customer Information Parameters; Meta's libraries where they agree with it",
};

/** Returns a case. `reason` says why a case decides against a library of Meta's. */
const make = (topic, { name, reason }, source, input, expected) => ({
  topic,
  name,
  input,
  expected,
  source,
  ...(reason !== undefined && { reason }),
});

function identifiers() {
  const now = 1_700_000_000_000;
  const clicks = vectors("identifiers/click-ids").map((row) =>
    make("click-id", row, "fbp-fbc", { url: row.url, nowMillis: now }, { clickId: row.clickId ?? null }),
  );
  const cookies = vectors("identifiers/values")
    // A cookie header ends a value at a semicolon and trims it. A click from before 2001 is none.
    .filter((row) => !/^\s|;|\s$/.test(row.value))
    .filter((row) => row.kind === "fbp" || (row.creationMillis ?? now) >= 1_000_000_000_000)
    .map((row) => {
      const input = { value: row.value, nowMillis: (row.creationMillis ?? now) + 1000 };
      return make(`${row.kind}-cookie`, row, "fbp-fbc", input, { [row.kind]: row.code ? null : row.value });
    });
  // The click id that an in-app browser lends comes from the page's host, which no adapter has.
  const ofServers = vectors("identifiers/visits").filter((row) => row.inAppClick === undefined);
  const visits = ofServers.map((row) => {
    const { host, https, now: nowMillis, url, referrer, cookies: sent, mint, lastWritten, fbp, fbc } = row;
    const input = { host, https, nowMillis, url, referrer, cookies: sent, mayMint: typeof mint === "string" };
    // A new fbp has a random number, for which `*` stands.
    const isNew = fbp !== null && !sent.includes(fbp.split(".").slice(0, 4).join("."));
    const expected = { fbp: isNew ? fbp.replace(/\.\d+$/, ".*") : fbp, fbc };
    return make("visit", row, "fbp-fbc", lastWritten == null ? input : { ...input, lastWritten }, expected);
  });
  const domains = vectors("identifiers/domains").map((row) =>
    make(
      "cookie-domain",
      row,
      "domains",
      { host: row.host },
      {
        domain: row.domain,
        subdomainIndex: row.subdomainIndex,
      },
    ),
  );
  const addresses = vectors("identifiers/client-ips").map((row) => {
    const { headers, peer, cloudflare, trustedHops, hopsHeader = "x-forwarded-for" } = row;
    const input = { headers, peer, cloudflare, trustedHops, hopsHeader };
    return make("client-ip", row, "forwarded", input, { clientIp: row.clientIp });
  });
  const plainIds = vectors("identifiers/event-ids").filter(
    (row) => row.orderId && !row.given && !row.entropy,
  );
  const keyedIds = vectors("identifiers/keyed-event-ids").filter((row) => row.code === undefined);
  const ids = [...plainIds, ...keyedIds].map((row) => {
    const { eventName, orderId, secret, eventId } = row;
    const topic = secret === undefined ? "event-id" : "keyed-event-id";
    const input = { eventName, orderId, ...(secret !== undefined && { secret }) };
    return make(topic, row, "event-id", input, { eventId });
  });
  return [...clicks, ...cookies, ...visits, ...domains, ...addresses, ...ids];
}

function customerInformation() {
  const inputOf = ({ field, raw, country, thisYear }) => ({
    field,
    value: raw,
    ...(country !== undefined && { defaultCountry: country }),
    ...(thisYear !== undefined && { thisYear }),
  });
  const examples = new Map();
  for (const row of vectors("customer/reference")) {
    if (sha256(row.normalized) !== row.hash) throw new Error(`${row.name}: the hash is not the value's`);
    const input = inputOf(row);
    const key = JSON.stringify(input);
    const found = examples.get(key);
    if (found) found.expected.normalized.push(row.normalized);
    // A row of a later form alone does not say which form is the first.
    else if (!row.at)
      examples.set(key, make(row.field, row, "example", input, { normalized: [row.normalized] }));
  }
  const rules = [];
  for (const row of vectors("customer/rules")) {
    const { raw, code, normalized = [] } = row;
    const input = inputOf(row);
    const example = examples.get(JSON.stringify(input));
    if (example) {
      const { normalized: known } = example.expected;
      known.push(...normalized.filter((form) => !known.includes(form)));
    } else if (code !== "already_hashed") {
      rules.push(make(row.field, row, "rules", input, { normalized }));
    } else if (/^[0-9a-f]{64}(\.\w+)?$/i.test(raw)) {
      rules.push(make(row.field, row, "rules", input, { passedOn: raw }));
    }
  }
  return [...examples.values(), ...rules];
}

function errors() {
  const events = read("conformance/event-errors.json");
  const own = { meta: "Meta, Graph API, Handling Errors and Rate Limits; each case has its own document" };
  const actions = read("src/relay/outbox/meta_errors.json").map((row) => {
    const { code, subcode, type = "OAuthException", title, does, source } = row;
    const error = { message: title, type, code, ...(subcode !== undefined && { error_subcode: subcode }) };
    const row_ = { name: `${code}${subcode === undefined ? "" : `/${subcode}`} ${title}`, reason: source };
    return make("error-action", row_, "meta", { status: 400, error }, { action: does });
  });
  return { sources: { ...events.sources, ...own }, cases: [...events.cases, ...actions] };
}

/** Writes the files of the suite into a folder. */
export function writeConformance(folder) {
  mkdirSync(folder, { recursive: true });
  const of = (cases) => {
    const used = new Set(cases.map(({ source }) => source));
    return { sources: Object.fromEntries(Object.entries(SOURCES).filter(([name]) => used.has(name))), cases };
  };
  const suites = {
    identifiers: of(identifiers()),
    "customer-information": of(customerInformation()),
    deduplication: read("conformance/deduplication.json"),
    errors: errors(),
  };
  for (const [suite, { sources, cases }] of Object.entries(suites)) {
    for (const { name, source } of cases) {
      if (sources[source] === undefined) throw new Error(`${suite}, ${name}: a source that is not listed`);
    }
    const head = { version: VERSION, licence: LICENCE, suite, sources };
    const lines = cases.map((one) => JSON.stringify(one)).join(",\n");
    // A line for each case, so that a diff shows what changed.
    const text = `${JSON.stringify(head).slice(0, -1)},"cases":[\n${lines}\n]}\n`;
    writeFileSync(`${folder}/${suite}.json`, text);
  }
}
