// Generates hostile requests to every endpoint, at random and the same for the same seed.

import fc from "fast-check";

export const DATASET = "1234567890";
export const ORIGIN = "https://shop.example";
export const KEY = "hostile-test-key-0123456789abcdef0123456789";
/** The write keys of Segment's sources: one that is a secret, one that is in pages. */
export const WRITE_KEY = "write-key-0123456789abcdef0123456789";
export const PAGE_KEY = "key-of-a-page";
/** Personal data in the requests. No answer and no line of the log may contain it. */
export const PERSONAL = ["jane.hostile@example.com", "Rumpelstiltskin", "+4915112345678"];
/** The worker's token for Meta. No answer and no line of the log may contain it. */
export const TOKEN = "EAAB-hostile-token-0123456789";
export const SECRETS = [KEY, WRITE_KEY, TOKEN];

/** The source in whose shape the answer is expected. */
export type Shape = "events" | "graph" | "segment" | "operator" | "other";

/** The way in which a request is sent over the connection. */
export type Manner =
  | "whole"
  /** In chunks, without a length. */
  | "chunked"
  /** In pieces, with pauses. */
  | "slow"
  /** Ends in the middle of the body. The connection is closed for writing. */
  | "cut"
  /** The client closes the connection before it gets an answer. */
  | "gone"
  /** Declares a length that is not its own. */
  | "mislabelled";

export interface HostileRequest {
  shape: Shape;
  method: string;
  path: string;
  headers: [string, string][];
  body: Uint8Array;
  manner: Manner;
}

const NAMES = [
  ..."data dataset_id source event_name event_time event_id event_source_url referrer_url action_source".split(
    " ",
  ),
  ..."opt_out user_data custom_data app_data original_event_data messaging_channel em ph fn ln ge db".split(
    " ",
  ),
  ..."ct st zp country external_id fbp fbc client_ip_address client_user_agent lead_id madid value".split(
    " ",
  ),
  ..."currency contents id quantity item_price order_id num_items extinfo advertiser_tracking_enabled".split(
    " ",
  ),
  ..."data_processing_options data_processing_options_state access_token test_event_code upload_tag".split(
    " ",
  ),
  ..."type event userId anonymousId previousId messageId timestamp sentAt receivedAt context properties".split(
    " ",
  ),
  ..."traits integrations All page url ip userAgent device os products product_id price revenue email".split(
    " ",
  ),
  ..."phone address batch writeKey name ecommerce items item_id ids __proto__ constructor toString".split(
    " ",
  ),
];
const TEXTS = [
  "",
  "Purchase",
  "PageView",
  "Order Completed",
  "purchase",
  "track",
  "page",
  "identify",
  "alias",
  "ga4",
  "shopify",
  "EUR",
  "59.90",
  "1e400",
  "NaN",
  "website",
  "app",
  "physical_store",
  "business_messaging",
  "https://shop.example/?fbclid=IwAR2AbC",
  "2026-09-21T10:00:00.000Z",
  "-009999-01-01T00:00:00Z",
  "fb.1.1596403881668.1116446470",
  "8.8.4.4",
  "::ffff:10.0.0.1",
  "\ud800",
  "\u0000",
  "a\r\nSet-Cookie: x=1",
  DATASET,
  PAGE_KEY,
  ...PERSONAL,
];

const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(...TEXTS).map((one) => one.repeat(40)) },
);
const name = fc.oneof({ weight: 7, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: text });

/** Generates any JSON value. Names and texts with a meaning for the worker are more likely than others. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.constantFrom(0, -1, 1e21, Number.MAX_SAFE_INTEGER, Date.now(), Math.floor(Date.now() / 1000)),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      text,
    ),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 6 }).map((fields) => Object.fromEntries(fields)),
  ),
})).value;

const PERSON = { em: PERSONAL[0], fn: [PERSONAL[1]], ph: PERSONAL[2] };
/** Events that the worker accepts: in Meta's shape, in Segment's, in GA4's and Shopify's. */
const OF_META: Record<string, unknown>[] = [
  {
    event_name: "Purchase",
    action_source: "website",
    event_source_url: "https://shop.example/thanks",
    user_data: { ...PERSON, client_user_agent: "Mozilla/5.0", client_ip_address: "8.8.4.4" },
    custom_data: { value: "59.90", currency: "eur", contents: [{ id: "SKU-1", quantity: 1 }] },
  },
  {
    event_name: "Lead",
    action_source: "email",
    event_source_url: "https://shop.example/",
    user_data: PERSON,
  },
];
const OF_SEGMENT: Record<string, unknown>[] = [
  {
    type: "track",
    event: "Order Completed",
    userId: "user_42",
    context: { page: { url: "https://shop.example/" }, userAgent: "Mozilla/5.0", ip: "8.8.4.4" },
    properties: { revenue: 25, currency: "EUR", products: [{ product_id: "SKU-1", price: 5 }] },
  },
  { type: "page", anonymousId: "anon-1", context: { page: { url: "https://shop.example/" } } },
  { type: "identify", userId: "user_42", traits: { email: PERSONAL[0], phone: PERSONAL[2] } },
  { type: "alias", userId: "user_42", previousId: "anon-1" },
];
const OF_GA4: Record<string, unknown>[] = [
  {
    event: "purchase",
    event_source_url: "https://shop.example/",
    user_data: PERSON,
    ecommerce: { transaction_id: "T-1", value: 1, currency: "EUR", items: [{ item_id: "SKU-1" }] },
  },
  {
    name: "page_viewed",
    id: "sh-1",
    clientId: "c-1",
    context: { document: { location: { href: "https://shop.example/" } } },
  },
];
/** Generates changes to a sound event: none, or random values of some fields. */
const changes = fc.oneof(
  { weight: 1, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.dictionary(fc.constantFrom(...NAMES), anyJson, { maxKeys: 3 }) },
);
const eventOf = (sound: Record<string, unknown>[]) =>
  fc.tuple(fc.constantFrom(...sound), changes).map(([one, changed]) => ({ ...one, ...changed }));
const events = (sound: Record<string, unknown>[]) => fc.array(eventOf(sound), { minLength: 1, maxLength: 5 });

/** Generates bodies that a source sends, more or less. */
const MEANT: Record<Shape, fc.Arbitrary<unknown>> = {
  events: fc.oneof(
    { weight: 4, arbitrary: events(OF_META).map((data) => ({ data })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom("ga4", "shopify"), events(OF_GA4))
        .map(([source, data]) => ({ source, data, dataset_id: "42" })),
    },
  ),
  graph: events(OF_META).map((data) => ({ data, test_event_code: "TEST1" })),
  segment: fc.oneof(
    eventOf(OF_SEGMENT),
    events(OF_SEGMENT).map((batch) => ({ batch, writeKey: WRITE_KEY })),
    eventOf(OF_SEGMENT).map((one) => ({ ...one, writeKey: PAGE_KEY })),
  ),
  operator: fc.constantFrom(
    {},
    { dataset_id: "42" },
    { dataset_id: DATASET, ids: [1, 2] },
    { ids: [1.5] },
    null,
  ),
  other: anyJson,
};
const bodyOf = (shape: Shape) =>
  fc.oneof({ weight: 3, arbitrary: MEANT[shape] }, { weight: 1, arbitrary: anyJson });
/** Generates a body's bytes: JSON, a form, JSON that is cut off or nested very deeply, or any bytes. */
const bytesOf = (body: fc.Arbitrary<unknown>) => {
  const json = body.map((value) => JSON.stringify(value));
  const bytes = (text: string) => new TextEncoder().encode(text);
  return fc.oneof(
    { weight: 16, arbitrary: json.map(bytes) },
    { weight: 1, arbitrary: json.map((text) => bytes(`data=${encodeURIComponent(text)}&a[]=%zz`)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(json, fc.double({ min: 0, max: 1, noNaN: true }))
        .map(([text, part]) => bytes(text.slice(0, Math.floor(text.length * part)))),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom("[".repeat(100_000), `{"data":${"[".repeat(3000)}`, '{"a":'.repeat(5000))
        .map(bytes),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  );
};

/** Generates a header's value: any bytes except line breaks and NUL. */
const headerValue = fc
  .oneof(
    fc.constantFrom(...TEXTS, "1", "null", "none", "navigate", "cross-site"),
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.constant("x".repeat(4000)),
  )
  .map((value) => value.replace(/[\0\r\n]/g, " "));
const headerName = fc.constantFrom(
  ..."cookie referer user-agent sec-gpc sec-fetch-site sec-fetch-mode x-forwarded-for forwarded".split(" "),
  ..."x-capi-fbp x-capi-fbc x-signature content-encoding accept x-retry-count if-none-match".split(" "),
);
const headers = fc.array(fc.tuple(headerName, headerValue), { maxLength: 3 });
const bearer: [string, string][] = [["authorization", `Bearer ${KEY}`]];
const basic: [string, string][] = [["authorization", `Basic ${btoa(`${WRITE_KEY}:`)}`]];
const origin: [string, string][] = [["origin", ORIGIN]];
/** The headers with which a request is permitted, by the shape of its answer. */
const ALLOWED: Record<Shape, [string, string][][]> = {
  events: [bearer, origin],
  graph: [bearer],
  segment: [basic, origin],
  operator: [bearer],
  other: [[]],
};
const authorityOf = (shape: Shape) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...ALLOWED[shape]) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<[string, string][]>(
        bearer,
        basic,
        origin,
        [["origin", "https://elsewhere.example"]],
        [["authorization", "Bearer wrong"]],
        [],
      ),
    },
  );
const contentType = fc.constantFrom(
  "application/json",
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "",
);

const CALLS = ["track", "page", "identify", "screen", "group", "alias", "batch", "t", "import", "nothing"];
const place = fc.oneof(
  { weight: 4, arbitrary: fc.constant(["events", "/bridge/events"] as const) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(DATASET, "42", "7"), fc.webQueryParameters({ size: "xsmall" }))
      .map(([dataset, query]) => ["graph", `/v26.0/${dataset}/events?${query}`] as const),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...CALLS), fc.boolean())
      .map(([call, below]) => ["segment", `${below ? "/bridge" : ""}/v1/${call}`] as const),
  },
  { weight: 1, arbitrary: fc.constant(["segment", "/bridge/segment/webhook"] as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ["operator", "/bridge/replay"] as const,
      ["operator", "/bridge/status?quarantine=5"] as const,
      ["operator", "/bridge/status?format=prometheus"] as const,
      ["operator", "/bridge/status?quarantine=-1"] as const,
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .oneof(
        fc.webPath(),
        fc.constantFrom("/bridge/health", "/bridge/capi-bridge.js", "/%2e%2e/%00", "/v26.0/x"),
      )
      .map((path) => [path.startsWith("/v26") ? "graph" : "other", path === "" ? "/" : path] as const),
  },
);
const method = fc.oneof(
  { weight: 20, arbitrary: fc.constant("POST") },
  { weight: 1, arbitrary: fc.constantFrom("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH") },
);
const manner = fc.oneof(
  { weight: 60, arbitrary: fc.constant<Manner>("whole") },
  { weight: 10, arbitrary: fc.constant<Manner>("chunked") },
  { weight: 2, arbitrary: fc.constant<Manner>("slow") },
  { weight: 2, arbitrary: fc.constantFrom<Manner>("cut", "gone", "mislabelled") },
);

const SHAPES: Shape[] = ["events", "graph", "segment", "operator", "other"];
const REST = Object.fromEntries(
  SHAPES.map((shape) => [shape, fc.tuple(authorityOf(shape), bytesOf(bodyOf(shape)))]),
) as Record<Shape, fc.Arbitrary<[[string, string][], Uint8Array<ArrayBufferLike>]>>;

/** Generates any request to any endpoint. */
export const anyRequest: fc.Arbitrary<HostileRequest> = fc
  .tuple(place, method, contentType, headers, manner)
  .chain(([[shape, path], verb, type, more, how]) =>
    REST[shape].map(([who, content]) => ({
      shape,
      method: verb,
      path,
      headers: [...who, ...(type === "" ? [] : [["content-type", type] as [string, string]]), ...more],
      body: verb === "GET" || verb === "HEAD" ? new Uint8Array() : content,
      manner: how,
    })),
  );

/** Bytes that are no request, or hardly one. */
export const NO_REQUESTS: string[] = [
  "\r\n\r\n",
  "GET\r\n\r\n",
  "POST /bridge/events\r\n\r\n",
  "POST /bridge/events HTTP/9.9\r\nHost: x\r\n\r\n",
  "POST /bridge/events HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
  "POST /bridge/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
  "POST /bridge/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
  "POST /bridge/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "POST /bridge/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
  "POST /bridge/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
  "POST /bridge/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
  "POST /bridge/events HTTP/1.1\r\nHost : x\r\n\r\n",
  "POST /bridge/events HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n",
  "POST /bridge/events HTTP/1.1\r\nHost: x\r\nOrigin: https://shop.example\nX: y\r\n\r\n",
  "POST http://other.example/bridge/events HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
  "POST \\bridge\\events HTTP/1.1\r\nHost: x\r\n\r\n",
  "POST /bridge/events HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "BREW /bridge/events HTTP/1.1\r\nHost: x\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  `GET /bridge/health HTTP/1.1\r\nHost: x\r\nCookie: ${"a=b; ".repeat(20_000)}\r\n\r\n`,
  `GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
];
