// Tests the texts of warnings: the mistake, the expected value, and no data of the visitor.

import { describe, expect, test } from "vitest";
import { aboutAnswer } from "../../src/shell/browser/rules/about-answer.ts";
import {
  aboutCustomer,
  aboutDatasets,
  aboutEndpoint,
  aboutSettings,
} from "../../src/shell/browser/rules/mistakes.ts";
import { nearest } from "../../src/shell/browser/rules/near.ts";
import { problemsOf } from "../../src/shell/browser/rules/refusal.ts";
import { isUsual } from "../../src/shell/browser/rules/usual.ts";
import { settingsOf } from "../../src/shell/browser/settings.ts";

const PAGE = { origin: "https://shop.example", dataset: "999" };
const OWN = "https://shop.example/bridge/events";

/** Returns the warning about an answer with this body. */
function answered(status: number, body: unknown, headers: Record<string, string> = {}, url = OWN) {
  const response = { headers: new Headers(headers), redirected: false };
  const answer = { status, problems: problemsOf(body), tries: 0 };
  return aboutAnswer(answer, status > 0 ? response : undefined, body, { ...PAGE, url });
}

describe("an answer", () => {
  test("of the worker is said in its own words, with the field, the status, the page and the dataset", () => {
    const problems = [
      { code: "unknown_dataset", path: "dataset_id", message: "expected a dataset id", event_kept: false },
    ];
    expect(answered(400, { events_received: 0, problems })).toEqual([
      [
        "unknown_dataset",
        "POST /bridge/events: dataset_id: expected a dataset id (400, not kept; page https://shop.example, dataset 999)",
      ],
    ]);
  });

  test("that left a field out says that the event was kept", () => {
    const problems = [{ code: "a", path: "data[0].user_data.em", message: "expected one", event_kept: true }];
    const [[, sentence] = []] = answered(202, { events_received: 1, problems });
    expect(sentence).toContain("data[0].user_data.em: expected one (202, the event was kept;");
  });

  test.each(["jane.doe@example.com", "Jane Doe", "+1 650", "é"])("never names a key such as %s", (key) => {
    const path = `data[0].custom_data.${key}.deeper`;
    const problems = [{ code: "a", path, message: "expected another", event_kept: true }];
    const [[, sentence] = []] = answered(202, { events_received: 1, problems });
    expect(sentence).toMatch(/^POST \/bridge\/events: data\[0\]\.custom_data: expected another \(/);
  });

  test.each([
    ["data[12].user_data.Jane Doe", "data[12].user_data: "],
    ["data[3].Jane Doe", "data[3]: "],
    ["Jane Doe", ""],
  ])("shortens the path %s to what no page has a say in", (path, shown) => {
    const problems = [{ code: "a", path, message: "expected another", event_kept: true }];
    const [[, sentence] = []] = answered(202, { events_received: 1, problems });
    expect(sentence).toContain(`POST /bridge/events: ${shown}expected another (`);
  });

  test("on a page without a dataset names none", () => {
    const answer = { status: 0, problems: undefined, tries: 1 };
    const posted = { origin: "https://shop.example", dataset: undefined, url: OWN };
    const [[, sentence] = []] = aboutAnswer(answer, undefined, undefined, posted);
    expect(sentence).toContain("(page https://shop.example)");
  });

  test.each([
    [200, "text/html"],
    [404, "text/html; charset=utf-8"],
    [405, "text/plain"],
    [502, "text/html"],
  ])("of something else says so: %i %s", (status, type) => {
    const [[, sentence] = []] = answered(status, undefined, { "content-type": type });
    expect(sentence).toMatch(/^POST \/bridge\/events was answered by something that is not the bridge: /);
    expect(sentence).toContain(`: ${status} ${type}. Check the setting endpoint (data-endpoint)`);
  });

  test("without a type, and after a redirect, says so", () => {
    const response = { headers: new Headers(), redirected: true };
    const facts = { status: 204, problems: undefined, tries: 0 };
    const [[, sentence] = []] = aboutAnswer(facts, response, undefined, { ...PAGE, url: OWN });
    expect(sentence).toContain("204 without a content type, after a redirect.");
  });

  test("of JSON that is not the bridge's repeats nothing of it", () => {
    const [[, sentence] = []] = answered(404, { error: "no user jane@example.com" });
    expect(sentence).not.toContain("jane");
  });

  test("of a worker with another base says what the worker says", () => {
    const body = { error: "nothing answers at /bridge/events", routes: ["POST /capi/events"] };
    const [[, sentence] = []] = answered(404, body);
    expect(sentence).toMatch(/^POST \/bridge\/events: 404, nothing answers at \/bridge\/events\. Check/);
  });

  test("that never came names what may stop it", () => {
    const [[, sentence] = []] = answered(0, undefined, {}, "https://w.example/bridge/events");
    expect(sentence).toMatch(/^POST https:\/\/w\.example\/bridge\/events had no answer/);
    expect(sentence).toContain("page https://shop.example");
    expect(sentence).toContain("allowedOrigins");
    expect(sentence).toContain("connect-src");
  });

  test("has one kind for each cause", () => {
    const kinds = [200, 404, 0].map((status) => answered(status, undefined)[0]?.[0]);
    expect(kinds).toEqual(["not the bridge", "not the bridge", "no answer"]);
  });
});

/** Returns the settings of a tag with these attributes, in the names of `dataset`. */
const tag = (dataset: Record<string, string>) =>
  settingsOf(new URL("https://shop.example/bridge/capi-bridge.js"), dataset);
const sentences = (settings: object) => aboutSettings(settings).map(([, sentence]) => sentence);

describe("settings", () => {
  test.each([
    ["dataset", "datasets"],
    ["dataSet", "datasets"],
    ["datasetId", "datasets"],
    ["datesets", "datasets"],
    ["endPoint", "endpoint"],
    ["endpiont", "endpoint"],
    ["attached", "attach"],
    ["pixels", "pixel"],
    ["concent", "consent"],
    ["globalPrivacyControls", "globalPrivacyControl"],
    ["globalprivacycontrol", "globalPrivacyControl"],
  ])("%s: did you mean %s?", (name, meant) => {
    for (const settings of [tag({ [name]: "1234567890" }), { [name]: "1234567890" }]) {
      expect(isUsual(settings)).toBe(false);
      const [sentence] = sentences(settings);
      expect(sentence).toContain(name);
      expect(sentence).toContain(`Did you mean ${meant} (data-`);
    }
  });

  test("an attribute is named as it stands in the tag", () => {
    expect(sentences(tag({ dataset: "1" }))).toEqual([
      "dataset (data-dataset) is no setting. Did you mean datasets (data-datasets)?",
    ]);
  });

  test.each([
    { pixel: "mirorr" },
    { pixel: "Mirror" },
    { pixel: "" },
    { globalPrivacyControl: "allow" },
    { globalPrivacyControl: true },
    { datasets: ["12 34"] },
    { datasets: ["pixel"] },
    { datasets: ["1234567890", "pixel"] },
    { datasets: [] },
    { attach: { to: ["same-orign"] } },
    { attach: { to: ["api.shop.example"] } },
    { attach: { to: ["https://api.shop.example/v1"] } },
    { attach: { to: ["/files/"] } },
    { debugging: true },
  ])("%j is a mistake, and the warning names the setting", (settings) => {
    expect(isUsual(settings)).toBe(false);
    expect(sentences(settings)).toEqual([expect.stringContaining(Object.keys(settings)[0]!)]);
  });

  test("a word that is none says which there are", () => {
    expect(sentences(tag({ pixel: "mirorr" }))).toEqual([
      "pixel (data-pixel): expected mirror, drive, off. Until then it is mirror.",
    ]);
  });

  const FINE = [
    {},
    { pixel: "mirror", globalPrivacyControl: "deny" },
    { endpoint: "/bridge", datasets: ["1234567890", "2"], pixel: "drive", consent: "pending" },
    { endpoint: undefined, datasets: undefined, pixel: undefined },
    { attach: { to: ["same-origin", "https://api.shop.example", "http://localhost:3000", /api/g] } },
    { attach: {}, globalPrivacyControl: "limit" },
    { attach: { to: ["same-origin", "!/files/", "!/export"] }, debug: false },
    tag({}),
    tag({ datasets: "1234567890 2", attach: "same-origin, https://api.shop.example", pixel: "off" }),
  ];
  test.each(FINE)("%j has none, and loads nothing to say so", (settings) => {
    expect(sentences(settings)).toEqual([]);
    expect(isUsual(settings)).toBe(true);
  });

  test.each([
    // Settings that TypeScript rejects, but that work.
    { datasets: [1234567890] },
    { datasets: "1234567890" },
    { attach: { to: ["https://api.shop.example/"] } },
    tag({ debug: "" }),
    tag({ attach: "same-origin !/files/" }),
    // Attributes of other tools on the bridge's tag.
    tag({ cfasync: "false" }),
    tag({ category: "marketing", service: "meta" }),
    tag({ cookieconsent: "ignore", nscript: "afterInteractive", rocketDefer: "" }),
  ])("%j has none", (settings) => expect(sentences(settings)).toEqual([]));

  test("one that is quick to judge hides no other", () => {
    expect(isUsual({ endpoint: "/bridge", dataset: "1" })).toBe(false);
    expect(isUsual({ attach: {}, dataset: "1" })).toBe(false);
    expect(isUsual({ endpoint: '","pixel":"mirorr', datasets: ["1"] })).toBe(false);
  });

  test("a setting of several words is named as it stands in a tag, with its words", () => {
    expect(sentences({ globalPrivacyControl: "allow" })).toEqual([
      "globalPrivacyControl (data-global-privacy-control): expected deny, limit. Until then it is deny.",
    ]);
  });

  test("an endpoint and datasets, each with its kind", () => {
    const [[endpoint, aboutIt] = []] = aboutEndpoint();
    expect(endpoint).toBe("endpoint");
    expect(aboutIt).toContain("endpoint (data-endpoint): expected a path or an address");
    const [[kind, sentence] = []] = aboutDatasets(["42", "43"]);
    expect(kind).toBe("left out");
    expect(sentence).toContain("datasets (data-datasets) does not list 42, 43, which");
  });
});

describe("identify()", () => {
  // `tests/wasm/field-names.test.ts` checks all documented names.
  const NAMES = [
    ...["em", "email", "ph", "phone", "fn", "firstName", "ln", "lastName", "zp", "zip"],
    ...["country", "external_id", "externalId"],
  ];
  const said = (customer: unknown) => aboutCustomer(customer, NAMES).map(([, sentence]) => sentence);

  test.each([
    ["mail", "email"],
    ["e_mail", "email"],
    ["first_name", "firstName"],
    ["firstname", "firstName"],
    ["externalID", "external_id"],
    ["postcode", undefined],
    ["zips", "zip"],
    ["tel", undefined],
  ])("%s is not known", (key, meant) => {
    const expected = `identify(), init: ${key} is not known.${meant === undefined ? "" : ` Did you mean ${meant}?`}`;
    expect(said({ [key]: "jane@example.com" })).toEqual([expected]);
  });

  test.each(["jane@example.com", "16505551212", "Jane Doe", "a".repeat(21), "é"])(
    "a key that may be a value is not repeated: %s",
    (key) => expect(said({ [key]: true })).toEqual(["identify(), init: a key is not known."]),
  );

  test("a text instead of an object is not repeated either", () => {
    expect(said("jane@example.com")).toEqual(["identify(): expected an object, such as { email, phone }."]);
    expect(aboutCustomer("jane@example.com", NAMES)[0]?.[0]).toBe("customer");
  });

  test("a key that is known has no warning", () => {
    expect(said({ email: "jane@example.com", mail: "jane@example.com" })).toHaveLength(1);
    expect(said({ email: "jane@example.com" })).toEqual([]);
  });
});

test.each([
  ["DATASETS", "datasets"],
  ["d-a-t-a-s-e-t-s", "datasets"],
  // At most two letters differ: added, left out or replaced, anywhere.
  ["xdatasets", "datasets"],
  ["xxdatasets", "datasets"],
  ["daxtasxets", "datasets"],
  ["datasetsxx", "datasets"],
  ["atasets", "datasets"],
  ["dtaset", "datasets"],
  ["tasets", "datasets"],
  ["xatasetx", "datasets"],
  ["xytasets", "datasets"],
  ["dataxxts", "datasets"],
  ["daxtasts", "datasets"],
  ["xdatasetz", "datasets"],
  // A name of six letters may differ in two, one of five in one.
  ["attxxh", "attach"],
  ["pixex", "pixel"],
])("%s is near %s", (name, known) => expect(nearest(name, [known])).toBe(known));

test.each([
  ["xxxdatasets", "datasets"],
  ["daxtaxsetxs", "datasets"],
  ["asets", "datasets"],
  ["xxxasets", "datasets"],
  ["xdtasetzz", "datasets"],
  ["pixxx", "pixel"],
  ["pi", "p"],
])("%s is not near %s", (name, known) => expect(nearest(name, [known])).toBeUndefined());

test("names that only share a few letters are not near", () => {
  expect(nearest("id", ["em"])).toBeUndefined();
  expect(nearest("", ["em"])).toBeUndefined();
  expect(nearest("a".repeat(100_000), ["datasets"])).toBeUndefined();
});
