// Compares `capi-bridge/core` in Node with Meta's parameter builder, on the same inputs.

import meta from "capi-param-builder-nodejs";
import { createHash } from "node:crypto";
import { hash, identifiers, normalize } from "capi-bridge/core";
import { compare, measure, print, printAlone, type Work } from "./rounds.ts";

/** Uses several inputs in turn, so that no result comes from a cache. */
const inTurn =
  <Input>(inputs: Input[], work: (input: Input) => unknown): Work =>
  (number) =>
    work(inputs[number % inputs.length] as Input);

const NAMES = ["john_smith", "Jane.Doe+news", "ivan.petrov", "info", "MARIA-GARCIA", "li.wei88"];
const HOSTS = ["gmail.com", "Example.com", "mail.shop.example.co.uk", "web.de"];
const EMAILS = NAMES.flatMap((name) =>
  HOSTS.map((host, at) => `${at % 2 === 1 ? " " : ""}${name}${at}@${host}`),
);

const COUNTRIES = [
  "United States",
  "us",
  "GB",
  "Germany",
  "DE",
  "France",
  "United Kingdom",
  "Japan",
  "br",
  "Mexico",
  "Netherlands",
  "it",
  "South Korea",
  "Canada",
  "es",
  "Australia",
];

/** Page views as a shop sees them: a click, a return, the same click again, nothing at all. */
interface View {
  host: string;
  url: string;
  referrer: string;
  cookies: string;
}
const NOW = Date.now();
const DAY = 86_400_000;
const VIEWS: View[] = [
  ["www.example.com", "shoes"],
  ["shop.example.com", "bags"],
  ["example.com", "hats"],
].flatMap(([host, what], site) => {
  const url = `https://${host}/${what}?page=2&utm_source=facebook&utm_campaign=autumn`;
  const click = `IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMg${site}`;
  const others = `session=7f3c9a${site}; theme=dark; _ga=GA1.1.1234567890.1700000000`;
  const fbp = `_fbp=fb.1.${NOW - 9 * DAY - site}.11164464${site}`;
  const fbc = `_fbc=fb.1.${NOW - 2 * DAY - site}.${click}`;
  const view = { host: host ?? "", url, referrer: "", cookies: others };
  return [
    { ...view, url: `${url}&fbclid=${click}` },
    { ...view, referrer: `https://${host}/`, cookies: `${others}; ${fbp}; ${fbc}` },
    { ...view, url: `${url}&fbclid=${click}`, cookies: `${others}; ${fbp}; ${fbc}` },
    { ...view, url: `${url}&fbclid=${click}new`, cookies: `${fbp}; ${fbc}; ${others}` },
    { ...view, referrer: "https://www.google.com/", cookies: `${others}; ${fbp}` },
    view,
  ];
});

/** Parses the query as frameworks do, for a library that does not take the address as it is. */
const queryOf = (url: string) => Object.fromEntries(new URL(url).searchParams);
const cookiesOf = (header: string) =>
  Object.fromEntries(
    header.split("; ").map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))];
    }),
  );
const PARSED = VIEWS.map((view) => ({
  ...view,
  query: queryOf(view.url),
  cookies: cookiesOf(view.cookies),
}));

const builder = new meta.ParamBuilder(["example.com"]);
const theirs = (
  host: string,
  query: Record<string, string>,
  cookies: Record<string, string>,
  referrer: string,
) => {
  const set = builder.processRequest(host, query, cookies, referrer);
  return `${builder.getFbp()}${builder.getFbc()}${set.length}`;
};
const ours = (view: Omit<View, "cookies"> & { cookies: string | Record<string, string> }) => {
  const { url, referrer, cookies, host } = view;
  const found = identifiers({ url, referrer, cookies, host, now: Date.now(), mint: true });
  return `${found.fbp}${found.fbc}${found.cookiesToSet.length}`;
};

print(
  "capi-bridge/core in Node",
  ["capi-bridge", "Meta's parameter builder"],
  [
    compare(
      'hash("em", …)',
      inTurn(EMAILS, (email) => hash("em", email)[0]?.length),
      inTurn(EMAILS, (email) => builder.getNormalizedAndHashedPII(email, "email")?.length),
    ),
    compare(
      'hash("country", …)',
      inTurn(COUNTRIES, (country) => hash("country", country)[0]?.length),
      inTurn(COUNTRIES, (country) => builder.getNormalizedAndHashedPII(country, "country")?.length),
    ),
    compare(
      "identifiers(…), of a request as it came",
      inTurn(VIEWS, ours),
      inTurn(VIEWS, ({ host, url, referrer, cookies }) =>
        theirs(host, queryOf(url), cookiesOf(cookies), referrer),
      ),
    ),
    compare(
      "identifiers(…), of one that was cut up before",
      inTurn(PARSED, ours),
      inTurn(PARSED, ({ host, query, cookies, referrer }) => theirs(host, query, cookies, referrer)),
    ),
  ],
);

// Splits the time: each line does a little more than the one before it.
const HASHES = EMAILS.flatMap((email) => hash("em", email));
const NOTHING: View[] = VIEWS.map(({ host, url }) => ({ host, url, referrer: "", cookies: "" }));
printAlone("Where it goes", [
  measure(
    "hash of a hash: there and back, nothing hashed",
    inTurn(HASHES, (value) => hash("em", value)[0]?.length),
  ),
  measure(
    'normalize("em", …): there and back, normalised',
    inTurn(EMAILS, (email) => normalize("em", email)[0]?.length),
  ),
  measure(
    'hash("em", …): the same, and hashed',
    inTurn(EMAILS, (email) => hash("em", email)[0]?.length),
  ),
  measure(
    "SHA-256 by node:crypto, for comparison",
    inTurn(EMAILS, (email) => createHash("sha256").update(email).digest("hex").length),
  ),
  measure("identifiers(…) of a view without cookies", inTurn(NOTHING, ours)),
  measure("identifiers(…) with cookies and clicks", inTurn(VIEWS, ours)),
]);
