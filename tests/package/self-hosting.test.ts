// docs/self-hosting.md and the files of deploy/: a reader who follows them has all that it takes.

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TESTED } from "../../src/shell/serve/program.ts";
import { ROOT, scratch } from "../support/sandbox.ts";
import { attempt } from "../support/serve.ts";

const CANNOT_WRITE = 73;
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const DOCUMENT = read("docs/self-hosting.md");
const UNIT = read("deploy/systemd/capi-bridge.service");

/** The first block of a language after a heading. */
function block(language: string, after = ""): string {
  const section = DOCUMENT.slice(DOCUMENT.indexOf(after));
  return section.split("```" + language + "\n")[1]?.split("\n```")[0] ?? "";
}

/** The values of a setting in the unit. */
const setting = (name: string) =>
  UNIT.split("\n").flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []));

describe("systemd", () => {
  /** Runs the document's commands below a folder that stands for the root, without npm and systemctl. */
  function install(): string {
    const root = scratch("systemd");
    const below = (text: string) => text.replaceAll(/(?<![\w.])\/(etc|opt)\//g, `${root}/$1/`);
    mkdirSync(join(root, "etc/systemd/system"), { recursive: true });
    const programs = join(root, "programs");
    mkdirSync(programs);
    // npm puts the package where the document says.
    const installed = join(root, "opt/capi-bridge/node_modules");
    writeFileSync(
      join(programs, "npm"),
      `#!/bin/sh
[ "$*" = "install --prefix ${root}/opt/capi-bridge capi-bridge workerd" ] || exit 1
mkdir -p ${installed}/.bin ${installed}/capi-bridge
cp -r ${ROOT}/deploy ${installed}/capi-bridge/
printf '#!/bin/sh\\n' > ${installed}/.bin/capi-bridge
chmod 755 ${installed}/.bin/capi-bridge
`,
    );
    writeFileSync(join(programs, "systemctl"), "#!/bin/sh\n");
    for (const program of ["npm", "systemctl"]) chmodSync(join(programs, program), 0o755);
    execFileSync("sh", ["-eu", "-c", below(block("sh", "## systemd"))], {
      env: { ...process.env, PATH: `${programs}:${process.env["PATH"]}` },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return root;
  }

  test("the steps write every file that the unit reads, and their configuration is a right one", () => {
    const root = install();
    const [start = ""] = setting("ExecStart");
    const [program = "", ...words] = start.split(" ");
    expect(existsSync(join(root, program))).toBe(true);
    expect(words).toEqual([
      "serve",
      ...["--config", "/etc/capi-bridge/bridge.json"],
      ...["--data", "/var/lib/capi-bridge"],
    ]);
    expect(setting("StateDirectory")).toEqual(["capi-bridge"]);
    const [secrets = ""] = setting("EnvironmentFile");
    expect(statSync(join(root, secrets)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(root, secrets), "utf8")).toMatch(/^META_ACCESS_TOKEN=/);
    // The unit's user is none of the machine's: it reads what all may read.
    const config = join(root, "etc/capi-bridge/bridge.json");
    expect(statSync(config).mode & 0o777).toBe(0o644);
    // A folder below a file cannot be written: that is said only after the configuration was found right.
    expect(attempt(["serve", "--config", config, "--data", join(config, "data")]).status).toBe(CANNOT_WRITE);
  });

  test("the unit is whole", () => {
    const root = install();
    const installed = join(root, "etc/systemd/system/capi-bridge.service");
    const unit = readFileSync(installed, "utf8");
    expect(unit).toBe(UNIT);
    for (const section of ["[Unit]", "[Service]", "[Install]"]) expect(unit).toContain(`\n${section}\n`);
    // A process that is ended with SIGKILL sends events twice: longer than the longest clean end by default.
    expect(Number(setting("TimeoutStopSec")[0])).toBeGreaterThan((1_500 + 1_000 + 10_000) / 1_000);
    // systemd itself, where this machine has it: it knows every setting and looks for the program.
    writeFileSync(installed, unit.replaceAll("/opt/", `${root}/opt/`));
    const { error, status, stderr } = spawnSync("systemd-analyze", ["verify", installed], {
      encoding: "utf8",
    });
    if (error === undefined) expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

test("systemd starts it again after a full disk, and not after what a restart cannot mend", () => {
  expect(setting("Restart")).toEqual(["on-failure"]);
  expect(setting("RestartPreventExitStatus")).toEqual([`64 ${CANNOT_WRITE} 78`]);
});

describe("the container", () => {
  test("has the versions that the suites run with", () => {
    const file = read("deploy/container/Containerfile");
    const { version } = JSON.parse(read("package.json")) as { version: string };
    expect(file).toMatch(/^ARG NODE=\d+\.\d+\.\d+$/m);
    expect(file).toContain(`\nARG CAPI_BRIDGE=${version}\n`);
    expect(file).toContain(`\nARG WORKERD=${TESTED}\n`);
    // Nothing else is installed, and nothing without its version.
    expect(file.match(/apt-get|apk|curl|wget/g)).toBe(null);
    expect(/npm install (.*)/.exec(file)?.[1]?.match(/"\S+"/g)).toEqual([
      '"capi-bridge@${CAPI_BRIDGE}"',
      '"workerd@${WORKERD}"',
    ]);
  });
});

describe("every proxy", () => {
  test.each([
    ["nginx", /proxy_set_header X-Forwarded-For \$remote_addr;/, /proxy_set_header Forwarded "";/],
    ["caddyfile", /header_up X-Forwarded-For \{remote_host\}/, /header_up -Forwarded/],
    ["haproxy", /set-header X-Forwarded-For %\[src\]/, /del-header Forwarded/],
  ])("overwrites what a visitor says of itself: %s", (language, address, forwarded) => {
    const text = block(language);
    expect(text).toMatch(address);
    expect(text).toMatch(forwarded);
    for (const header of ["X-Forwarded-Host", "X-Forwarded-Proto"]) expect(text).toContain(header);
    expect(text).not.toMatch(/proxy_add|add-header|header_up \+/);
  });
});

test("every status that the command ends with is in its document, and those of serve are here too", () => {
  const statuses = [...read("src/shell/cli/errors.ts").matchAll(/^ {2}\[\w+Error, (\d+)\],$/gm)].map(
    ([, status]) => status,
  );
  expect(statuses.length).toBeGreaterThan(3);
  const command = read("docs/command.md");
  for (const status of statuses) expect(command).toMatch(new RegExp(`^\\| ${status} \\|`, "m"));
  for (const status of ["64", "69", "73", "74", "75", "78"]) {
    expect(DOCUMENT).toMatch(new RegExp(`^\\| ${status} \\|`, "m"));
  }
});
