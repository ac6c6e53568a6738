// Tests the small commands of `capi-bridge`: help, explain, hash, id.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import TABLE from "../../src/relay/outbox/meta_errors.json" with { type: "json" };
import { ROOT } from "../support/sandbox.ts";
import { type EventIdRow, type ReferenceRow, vectors } from "../support/vectors.ts";

/** Runs the command to its end, with nothing of the caller's environment. */
function run(words: string[], input = "", environment: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "dist/cli.js"), ...words], {
    env: { PATH: process.env["PATH"], ...environment },
    encoding: "utf8",
    input,
    timeout: 60_000,
  });
  return { status, out: stdout, err: stderr };
}
const COMMANDS = ["serve", "sandbox", "check", "doctor", "tail", "explain", "hash", "id", "conformance"];
const HINT = "capi-bridge --help says what there is.\n";

describe("help", () => {
  test.each([[[]], [["--help"]], [["help"]], [["-h"]]])("of the program: %j", (words) => {
    const { status, out, err } = run(words);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command} `, "m"));
    // No colour where the output is no terminal.
    expect(out).not.toContain("\u001B");
  });

  test.each(COMMANDS)("of %s has examples that start with the command", (command) => {
    const { status, out } = run([command, "--help"]);
    expect(status).toBe(0);
    expect(out).toMatch(new RegExp(`Examples:\n.*capi-bridge ${command}`));
  });
});

describe("an unknown word", () => {
  test.each([
    [["hsah", "em", "x"], "hsah: unknown command; did you mean hash?"],
    [["id", "Purchase"], "id: expected ORDER, such as capi-bridge id Purchase 1001"],
    [["id", "Purchase", "1", "2"], "2: unexpected word; put a value with spaces into quotation marks"],
    [["id", "Purchase", "1", "--secrte"], "--secrte: unknown option; did you mean --secret?"],
    [["explain", "abc"], "abc: expected a code or code/subcode, such as 190 or 190/463"],
  ])("%j: one sentence, the next command, status 64, no stack", (words, sentence) => {
    expect(run(words)).toEqual({ status: 64, out: "", err: `${sentence}\n${HINT}` });
  });
});

describe("hash", () => {
  test("prints the hashes of Meta's own examples", () => {
    const rows = vectors<ReferenceRow>("customer/reference.json").filter((row) => (row.at ?? 0) === 0);
    for (const { field, raw, country, hash } of rows.slice(0, 12)) {
      const { status, out } = run(
        ["hash", field, "-", ...(country === undefined ? [] : ["--country", country])],
        raw,
      );
      expect({ status, first: out.split("\n")[0] }).toEqual({ status: 0, first: hash });
    }
  });

  test("reads the long name of a field, and shows the forms when asked", () => {
    expect(run(["hash", "city", "São Paulo", "--forms"]).out).toMatch(
      /^sãopaulo\t[0-9a-f]{64}\nsopaulo\t[0-9a-f]{64}\n$/,
    );
  });

  test("of a value that cannot be used ends with 65 and the reason, and never prints the value", () => {
    const { status, out, err } = run(["hash", "em", "nobody-at-example"]);
    expect({ status, out }).toEqual({ status: 65, out: "" });
    expect(err).toMatch(/^em: no hash: expected one e-mail address/);
    expect(err).not.toContain("nobody");
  });
});

describe("id", () => {
  const SECRET = "0123456789abcdef0123456789abcdef";

  test("is the unkeyed one unless a secret is asked for", () => {
    const [row] = vectors<EventIdRow>("identifiers/event-ids.json");
    expect(run(["id", "Purchase", "1001"], "", { EVENT_ID_SECRET: SECRET }).out).toBe(`${row?.eventId}\n`);
  });

  test.each([
    [["--secret"], { EVENT_ID_SECRET: SECRET }],
    [["--secret", SECRET], {}],
  ])("is keyed with %j", (words, environment) => {
    const { out } = run(["id", "Purchase", "1001", ...words], "", environment as Record<string, string>);
    expect(out).toBe("ba0303529078bdebd400fbd8d5731114\n");
  });

  test.each([
    [["--secret"], 64, "--secret: expected the secret in EVENT_ID_SECRET"],
    [["--secret", "short"], 65, "32"],
  ])("says what is wrong with %j", (words, status, sentence) => {
    const answer = run(["id", "Purchase", "1001", ...words]);
    expect(answer).toMatchObject({ status, out: "" });
    expect(answer.err).toContain(sentence);
  });
});

describe("explain", () => {
  test("names every error of the table by code and subcode", () => {
    const { out } = run(["explain"]);
    for (const { code, title } of TABLE) expect(out).toMatch(new RegExp(`^${code}\\b.*${title}$`, "m"));
  });

  test.each([
    ["190/463", "190/463: Token expired", "stops sending"],
    ["(#100)", "100: Invalid parameter", "quarantine"],
    ["2804003", "100/2804003: Event time too old", "quarantine"],
    ["100/2804003", "100/2804003: Event time too old", "quarantine"],
    ["294", "200-299: Permission missing", "stops sending"],
    ["80004", "80000-89999: Limit of the business use case reached", "waits as long"],
  ])("%s: %s", (word, title, action) => {
    const { status, out } = run(["explain", word]);
    expect(status).toBe(0);
    expect(out).toContain(title);
    expect(out).toContain(action);
  });

  test("of an unknown subcode explains the code and says so", () => {
    const { status, out, err } = run(["explain", "190/12345"]);
    expect({ status, err }).toEqual({
      status: 0,
      err: "190/12345: the subcode is not known; this is what the code means.\n",
    });
    expect(out).toContain("190: Access token invalid");
  });

  test("of an unknown code ends with 65", () => {
    const { status, out, err } = run(["explain", "31337"]);
    expect({ status, out }).toEqual({ status: 65, out: "" });
    expect(err).toMatch(/^31337: no document/);
  });
});
