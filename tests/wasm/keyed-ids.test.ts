// The programs of docs/identifiers.md that print a keyed event id, run as they stand there over the vectors.

import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../support/sandbox.ts";
import { type KeyedEventIdRow, vectors } from "../support/vectors.ts";

const run = promisify(execFile);
const SECTION = readFileSync(join(ROOT, "docs/identifiers.md"), "utf8")
  .split("### The keyed id")[1]
  ?.split("### The derived id")[0];

interface Language {
  name: string;
  fence: string;
  /** A text that only this program has. */
  has: string;
  file: string;
  /** The program and its version option. */
  program: string[];
  /** The command that runs the file; it may build it first. */
  command(path: string): string[];
}

const LANGUAGES: Language[] = [
  {
    name: "capi-bridge/core",
    fence: "js",
    has: "capi-bridge/core",
    file: "core.mjs",
    program: ["node", "--version"],
    command: (path) => ["node", path],
  },
  {
    name: "Node",
    fence: "js",
    has: "createHmac",
    file: "node.mjs",
    program: ["node", "--version"],
    command: (path) => ["node", path],
  },
  {
    name: "Python",
    fence: "python",
    has: "import hmac",
    file: "event_id.py",
    program: ["python3", "--version"],
    command: (path) => ["python3", path],
  },
  {
    name: "PHP",
    fence: "php",
    has: "hash_hmac",
    file: "event_id.php",
    program: ["php", "--version"],
    command: (path) => ["php", path],
  },
  {
    name: "Go",
    fence: "go",
    has: "crypto/hmac",
    file: "main.go",
    program: ["go", "version"],
    command: (path) => {
      const built = spawnSync("go", ["build", "-o", `${path}.out`, path], { encoding: "utf8" });
      expect(built.stderr).toBe("");
      return [`${path}.out`];
    },
  },
];

/** No program can be given a text with a zero. */
const rows = vectors<KeyedEventIdRow>("identifiers/keyed-event-ids.json").filter(
  ({ orderId }) => !orderId.includes("\0"),
);
/** Node runs the tests, and the package suite needs Python. PHP and Go run where they are installed. */
const here = LANGUAGES.filter(
  ({ program: [name = "", ...options] }) => spawnSync(name, options).status === 0,
);

test("the document has a program for each language, and Node and Python run here", () => {
  expect(SECTION?.match(/```(js|python|php|go)\n/g)).toHaveLength(LANGUAGES.length);
  expect(here.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["capi-bridge/core", "Node", "Python"]),
  );
});

for (const language of here) {
  describe(`the program in ${language.name}`, () => {
    let command: string[];
    beforeAll(() => {
      const programs = SECTION?.split("```" + language.fence + "\n").slice(1) ?? [];
      const found = programs
        .map((part) => part.split("\n```")[0] ?? "")
        .find((text) => text.includes(language.has));
      expect(found).toBeDefined();
      // Inside the package, which finds itself by its name.
      const path = join(mkdtempSync(join(ROOT, "target/keyed-id-")), language.file);
      writeFileSync(path, found ?? "");
      command = language.command(path);
    });
    const print = async (secret: string, words: string[]) => {
      const [program = "", ...options] = command;
      const { stdout } = await run(program, [...options, ...words], {
        env: { ...process.env, EVENT_ID_SECRET: secret },
      });
      return stdout.trimEnd();
    };

    test("prints the id of each vector", async () => {
      const ids = rows.filter(({ code }) => code === undefined);
      const printed = await Promise.all(
        ids.map(({ secret, eventName, orderId }) => print(secret, [eventName, orderId])),
      );
      expect(printed).toEqual(ids.map(({ eventId }) => eventId));
    });

    test("refuses each secret that can be guessed or has white space at an end", async () => {
      const refused = rows.filter(({ code }) => code !== undefined);
      expect(refused.length).toBeGreaterThan(3);
      const printed = refused.map(({ secret }) => print(secret, ["Purchase", "1001"]));
      for (const outcome of await Promise.allSettled(printed)) {
        expect(outcome).toMatchObject({
          status: "rejected",
          reason: { message: expect.stringMatching(/at least 32|white space/) },
        });
      }
    });

    test("prints the first row of the table without arguments", async () => {
      expect(await print("0123456789abcdef0123456789abcdef", [])).toBe("ba0303529078bdebd400fbd8d5731114");
    });
  });
}
