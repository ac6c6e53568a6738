// Tests that the identifiers' cookies are stored and returned as specified, on every name of this machine.

import type { StoredCookie, Visitor } from "../support/browsers/browser.ts";
import { type DomainRow, vectors } from "../support/vectors.ts";
import { expect, HOSTS, test } from "./visit.ts";

const NINETY_DAYS_SECONDS = 7_776_000;
/** The page of an advertised product: it has the bridge, as every page of the shop. */
const PRODUCT = "/product.html?id=delta";
/** A page of the shop's origin without the bridge. */
const ELSEWHERE = "/nothing-here";

/** The rows of `domains.json` for these hosts. The crate's tests check `CookieDomain` with the same rows. */
const { all, alone, shared } = hosts();

for (const { host, domain, subdomainIndex } of all) {
  test(`on ${host} both cookies are stored, come back, and a new click replaces fbc alone`, async ({
    visitor,
    shop,
  }) => {
    const arrived = Date.now();
    await visitor.goto(shop.at(`${PRODUCT}&fbclid=First-Click_1`, host));
    const first = await visitor.cookies();
    const expected = {
      domain,
      path: "/",
      secure: false,
      httpOnly: false,
      sameSite: "Lax",
      // Within 50 seconds, because Firefox and WebKit store whole seconds.
      expires: expect.closeTo(arrived / 1000 + NINETY_DAYS_SECONDS, -2),
    };
    // Only these two cookies: the probe for the domain has left none.
    expect(first).toEqual([
      { name: "_fbc", value: expect.stringMatching(/^fb\.\d\.\d{13}\.First-Click_1$/), ...expected },
      { name: "_fbp", value: expect.stringMatching(/^fb\.\d\.\d{13}\.\d{1,10}$/), ...expected },
    ]);
    for (const { value } of first) {
      const [, index, created] = value.split(".");
      expect(index).toBe(String(subdomainIndex));
      expect(Number(created)).toBeGreaterThanOrEqual(arrived);
      expect(Number(created)).toBeLessThanOrEqual(Date.now());
    }
    expect(await readByScript(visitor)).toEqual(byName(first));

    await visitor.goto(shop.at(PRODUCT, host));
    expect(await visitor.cookies()).toEqual(first);

    await visitor.goto(shop.at(`${PRODUCT}&fbclid=Second-Click_2`, host));
    const [fbc, fbp, ...others] = await visitor.cookies();
    expect(fbc).toMatchObject({ domain, value: expect.stringMatching(/\.Second-Click_2$/) });
    expect(fbp).toEqual(first[1]);
    expect(others).toEqual([]);
  });
}

// One host of each kind is enough, because the crate treats all hosts of a kind alike.
for (const { host, domain } of [...alone.slice(0, 1), ...shared.slice(-1)]) {
  test(`on ${host} a malformed cookie is repaired, also one that would hide the new value`, async ({
    visitor,
    shop,
  }) => {
    await write(visitor, shop.at(ELSEWHERE, host), [
      "_fbp=fb.broken",
      ...(domain === null ? [] : [`_fbp=fb.too; Domain=${domain}`]),
    ]);
    await visitor.goto(shop.at(PRODUCT, host));
    const [fbp, ...others] = await visitor.cookies();
    expect(fbp).toMatchObject({ domain, value: expect.stringMatching(/^fb\.\d\.\d{13}\.\d{1,10}$/) });
    expect(others).toEqual([]);
    expect(await readByScript(visitor)).toEqual({ _fbp: fbp?.value });
  });
}

for (const { host, domain } of shared) {
  test(`on ${host} of an fbp of the host and one of the domain the oldest stays, for the domain`, async ({
    visitor,
    shop,
  }) => {
    const now = Date.now();
    const [older, newer] = [`fb.1.${now - 60_000}.1`, `fb.1.${now - 30_000}.2`];
    await write(visitor, shop.at(ELSEWHERE, host), [`_fbp=${older}`, `_fbp=${newer}; Domain=${domain}`]);
    expect(await visitor.cookies()).toHaveLength(2);

    await visitor.goto(shop.at(PRODUCT, host));
    expect(await visitor.cookies()).toMatchObject([{ name: "_fbp", value: older, domain }]);
    expect(await readByScript(visitor)).toEqual({ _fbp: older });
  });
}

test("over https both cookies are for https alone", async ({ visitor, shop }) => {
  await visitor.goto(shop.secureAt(`${PRODUCT}&fbclid=First-Click_1`));
  const attributes = { domain: null, path: "/", secure: true, httpOnly: false, sameSite: "Lax" };
  const cookies = await visitor.cookies();
  expect(cookies).toMatchObject([
    { name: "_fbc", ...attributes },
    { name: "_fbp", ...attributes },
  ]);
  expect(await readByScript(visitor)).toEqual(byName(cookies));
});

/** Writes cookies as another script of the page would. */
async function write(visitor: Visitor, url: string, cookies: string[]): Promise<void> {
  await visitor.goto(url);
  await visitor.evaluate((texts) => {
    for (const text of texts) document.cookie = `${text}; Path=/; Max-Age=3600; SameSite=Lax`;
  }, cookies);
}

/** Returns the cookies that `document.cookie` contains, by name. */
async function readByScript(visitor: Visitor): Promise<Record<string, string>> {
  const text = await visitor.evaluate(() => document.cookie);
  return Object.fromEntries(text.split("; ").map((pair) => pair.split("=", 2)));
}

const byName = (cookies: StoredCookie[]) =>
  Object.fromEntries(cookies.map(({ name, value }) => [name, value]));

/** Returns the rows for the hosts of this machine: all, those with host-only cookies, those with a domain. */
function hosts() {
  const rows = vectors<DomainRow>("identifiers/domains.json");
  const all = HOSTS.map((host) => {
    const row = rows.find((row) => row.host.replace(/:\d+$/, "") === host);
    if (row === undefined) throw new Error(`domains.json has no row for ${host}`);
    return { ...row, host };
  });
  const [alone, shared] = [
    all.filter(({ domain }) => domain === null),
    all.filter(({ domain }) => domain !== null),
  ];
  return { all, alone, shared };
}
