// Tests the start and the end of `capi-bridge serve`: one process per data folder, and none left behind.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { workerdProgram } from "../../src/shell/serve/program.ts";
import { DATASET, KEY, pageEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { type Behaviour, receipt, startMeta } from "../support/meta.ts";
import { scratch } from "../support/sandbox.ts";
import {
  attempt,
  children,
  configured,
  gone,
  isThere,
  launch,
  processesWith,
  serve,
  type Start,
} from "../support/serve.ts";

let meta: Awaited<ReturnType<typeof startMeta>>;
beforeAll(async () => {
  meta = await startMeta();
});
afterAll(() => meta.stop());

const LOCKED = 75;
const workerdOf = (parent: number | undefined) => children(parent, "workerd")[0] ?? 0;
const kill = (pid: number | undefined) => process.kill(pid ?? 0, "SIGKILL");

describe("the data folder", () => {
  test("is for one process: a second one ends with one sentence that names folder and process", async () => {
    const first = await serve();
    const words = ["serve", "--config", configured(), "--data", first.data, "--port", "0"];
    expect(attempt(words)).toEqual({
      status: LOCKED,
      lines: [
        `${first.data} is in use by process ${first.child.pid}: end that process, or choose another folder with --data.`,
      ],
    });
    expect((await fetch(`${first.url}/bridge/health`)).status).toBe(200);
    expect(await first.end()).toBe(0);
    const next = await serve({ data: first.data });
    expect(await next.end()).toBe(0);
  });

  test.each([["flock"], ["perl"], []])(
    "is for one process where the machine has %s, and free after kill -9",
    async (...programs) => {
      const folder = scratch("serve-programs");
      for (const program of programs) {
        symlinkSync(execFileSync("which", [program], { encoding: "utf8" }).trim(), join(folder, program));
      }
      const environment = { PATH: folder };
      const first = await serve({ environment });
      const words = ["serve", "--config", configured(), "--data", first.data, "--port", "0"];
      const { status, lines } = attempt(words, environment);
      expect(status).toBe(LOCKED);
      expect(lines.join()).toContain(`in use by process ${first.child.pid}:`);
      kill(first.child.pid);
      await first.exited;
      expect(await (await serve({ environment, data: first.data })).end()).toBe(0);
    },
  );

  test("is for one process also when many start at the same moment", async () => {
    const data = join(scratch("serve-many"), "data");
    const config = configured();
    const all = Array.from({ length: 6 }, () => launch({ data, config }));
    const lines = () => all.flatMap((one) => one.lines);
    await eventually("the end of all but one", async () =>
      all.filter(({ child }) => child.exitCode !== null).length === all.length - 1 ? true : undefined,
    );
    await eventually("the one", async () => lines().find((line) => line.includes("answers at")));
    expect(all.map(({ child }) => child.exitCode).sort()).toEqual([
      LOCKED,
      LOCKED,
      LOCKED,
      LOCKED,
      LOCKED,
      null,
    ]);
    expect(processesWith(join(data, "workerd.capnp")).length).toBe(1);
  });

  test("stays locked while a workerd that was left behind still runs", async () => {
    const first = await serve();
    const workerd = workerdOf(first.child.pid);
    // Kills the watcher first, because it would end workerd.
    for (const watcher of children(workerd, "sh")) kill(watcher);
    kill(first.child.pid);
    await first.exited;
    expect(isThere(workerd)).toBe(true);
    const { status, lines } = attempt([
      "serve",
      "--config",
      configured(),
      "--data",
      first.data,
      "--port",
      "0",
    ]);
    expect(status).toBe(LOCKED);
    expect(lines).toEqual([
      `${first.data} is in use by process ${workerd}, the workerd of a capi-bridge that was killed: ` +
        `end it with "kill ${workerd}", or choose another folder with --data.`,
    ]);
    kill(workerd);
    await gone(workerd);
    const next = await serve({ data: first.data });
    expect(await next.end()).toBe(0);
  });

  test("can be read by its user alone, whatever the umask and whatever earlier versions left", async () => {
    const first = await serve({ umask: "000" });
    expect(await first.post(pageEvent())).toBe(202);
    const all = () =>
      ["", ...readdirSync(first.data, { recursive: true, encoding: "utf8" })].map((name) =>
        join(first.data, name),
      );
    const modes = () =>
      all().map((path) => {
        const stats = statSync(path);
        return [path, (stats.mode & 0o777).toString(8), stats.isDirectory() ? "700" : "600"];
      });
    expect(all().filter((path) => /\.sqlite(-wal|-shm)?$/.test(path)).length).toBeGreaterThanOrEqual(2);
    for (const [path, mode, expected] of modes()) expect(`${path} ${mode}`).toBe(`${path} ${expected}`);
    kill(first.child.pid);
    await first.exited;

    // Sets the modes that version 0.1.0 left.
    for (const path of all()) chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644);
    const second = await serve({ data: first.data, umask: "777" });
    expect(await second.post(pageEvent())).toBe(202);
    for (const [path, mode, expected] of modes()) expect(`${path} ${mode}`).toBe(`${path} ${expected}`);
    await second.end();
  });

  test("keeps its own mode where it holds files of others", async () => {
    const data = scratch("serve-project");
    chmodSync(data, 0o755);
    await (await serve({ data })).end();
    // A data folder that also holds a project keeps its own mode.
    const project = scratch("serve-project");
    chmodSync(project, 0o755);
    await (await serve({ data: project, config: configured({}, project) })).end();
    expect((statSync(data).mode & 0o777).toString(8)).toBe("700");
    expect((statSync(project).mode & 0o777).toString(8)).toBe("755");
    expect((statSync(join(project, "bridge.json")).mode & 0o777).toString(8)).toBe("644");
    expect((statSync(join(project, "durable-objects")).mode & 0o777).toString(8)).toBe("700");
  });
});

describe("a data folder that also holds files of others", () => {
  /** The user of the bridge: root could read everything. */
  const user = process.getuid?.() === 0 ? 65534 : undefined;
  /** Makes a folder with a folder that the bridge's user cannot read, as on a disk of its own (ext4). */
  function withOthers(): string {
    const parent = scratch("serve-others");
    const data = join(parent, "data");
    chmodSync(parent, 0o755);
    mkdirSync(join(data, "lost+found"), { recursive: true });
    if (user !== undefined) chownSync(data, user, user);
    chmodSync(join(data, "lost+found"), 0);
    return data;
  }

  test("one of which cannot be read is used", async () => {
    const data = withOthers();
    const bridge = await serve({ data, user, config: configured({}, dirname(data)) });
    expect(await bridge.post(pageEvent())).toBe(202);
    expect(await bridge.end()).toBe(0);
  });

  test("has no more room for events than its disk", async () => {
    const data = scratch("serve-others");
    writeFileSync(join(data, "film"), "");
    // A file with a hole: it has a terabyte and takes nothing.
    truncateSync(join(data, "film"), 1e12);
    const { bavail, bsize } = statfsSync(data);
    const bridge = await serve({ data, environment: { BRIDGE_KEY: KEY } });
    const answer = await fetch(`${bridge.url}/bridge/status`, {
      headers: { authorization: `Bearer ${KEY}` },
    });
    const { datasets } = (await answer.json()) as { datasets: { max_backlog_bytes: number }[] };
    expect(datasets[0]?.max_backlog_bytes).toBeLessThan(bavail * bsize);
    expect(await bridge.end()).toBe(0);
    rmSync(join(data, "film"));
  });
});

describe("after kill -9", () => {
  test("workerd and its port are gone, and the next start has both folder and port", async () => {
    const first = await serve();
    const [workerd, port] = [workerdOf(first.child.pid), new URL(first.url).port];
    expect(workerd).toBeGreaterThan(0);
    kill(first.child.pid);
    await gone(workerd);
    await expect(fetch(`${first.url}/bridge/health`)).rejects.toThrow();
    const next = await serve({ data: first.data, words: ["--port", port] });
    expect(new URL(next.url).port).toBe(port);
    expect(await next.end()).toBe(0);
    expect(processesWith(first.data)).toEqual([]);
  });

  test("nothing is left behind at whatever moment of the start it comes", async () => {
    for (let round = 0; round < 8; round++) {
      const { child, data, exited } = launch();
      // Over the rounds the kill moves from before workerd is spawned to after it listens.
      await eventually("the lock", async () => (statSync(join(data, "lock")).size > 0 ? true : undefined));
      await new Promise((done) => setTimeout(done, round * 10));
      kill(child.pid);
      await exited;
      await eventually("the end of all", async () => (processesWith(data).length === 0 ? true : undefined));
    }
  });

  test("the watcher is replaced when it was killed before", async () => {
    const first = await serve();
    const workerd = workerdOf(first.child.pid);
    const watchers = children(workerd, "sh");
    expect(watchers).toHaveLength(1);
    kill(watchers[0]);
    await eventually("another watcher", async () => children(first.child.pid, "sh")[0]);
    kill(first.child.pid);
    await gone(workerd);
  });
});

describe("a request to Meta that is on its way", () => {
  /** Returns a behaviour that answers the first request late and all others at once. */
  const late = (millis: number): Behaviour => {
    let first = true;
    return (request, response) => {
      if (!first) return false;
      first = false;
      setTimeout(() => receipt(request, response), millis);
      return true;
    };
  };
  const copies = (id: string) =>
    meta.received.flatMap(({ body }) => body.data).filter(({ event_id }) => event_id === id).length;

  test.each(["SIGTERM", "SIGINT"] as const)(
    "is waited for on %s: no event goes out twice",
    async (signal) => {
      const config = configured({ graphUrl: meta.url, timeoutMillis: 10_000 });
      meta.behave(late(1_500));
      const first = await serve({ config });
      const event = pageEvent();
      expect(await first.post(event)).toBe(202);
      await eventually("the request", async () => (copies(event.event_id) === 1 ? true : undefined));
      // This event comes while the first request is on its way, so it waits for the next start.
      const held = pageEvent();
      expect(await first.post(held)).toBe(202);
      expect(await first.end(signal)).toBe(0);

      const next = await serve({ config, data: first.data });
      await eventually("what was held", async () => (copies(held.event_id) === 1 ? true : undefined));
      expect(await next.end()).toBe(0);
      expect(copies(event.event_id)).toBe(1);
    },
  );

  test("is waited for on SIGHUP", async () => {
    const config = configured({ graphUrl: meta.url, timeoutMillis: 10_000 });
    meta.behave(late(1_500));
    const bridge = await serve({ config });
    const workerd = workerdOf(bridge.child.pid);
    const event = pageEvent();
    expect(await bridge.post(event)).toBe(202);
    await eventually("the request", async () => (copies(event.event_id) === 1 ? true : undefined));
    bridge.child.kill("SIGHUP");
    await gone(workerd);
    await eventually("the new worker", async () =>
      bridge.lines.filter((line) => line.includes("answers at")).length === 2 ? true : undefined,
    );
    const held = pageEvent();
    expect(await bridge.post(held)).toBe(202);
    await eventually("the next event", async () => (copies(held.event_id) === 1 ? true : undefined));
    expect(copies(event.event_id)).toBe(1);
    expect(await bridge.end()).toBe(0);
  });

  test("is given up after timeoutMillis and a little", async () => {
    meta.behave(() => true);
    const bridge = await serve({ config: configured({ graphUrl: meta.url, timeoutMillis: 300 }) });
    const event = pageEvent();
    expect(await bridge.post(event)).toBe(202);
    await eventually("the request", async () => (copies(event.event_id) >= 1 ? true : undefined));
    expect(await bridge.end()).toBe(0);
  });

  test("is not waited for after a second signal", async () => {
    meta.behave(() => true);
    const bridge = await serve({ config: configured({ graphUrl: meta.url, timeoutMillis: 60_000 }) });
    const event = pageEvent();
    expect(await bridge.post(event)).toBe(202);
    await eventually("the request", async () => (copies(event.event_id) === 1 ? true : undefined));
    // A repeated signal changes nothing: the exit status is still 0.
    await eventually("the end", async () => {
      bridge.child.kill("SIGTERM");
      return bridge.child.exitCode ?? undefined;
    });
    expect(bridge.child.exitCode).toBe(0);
  });
});

test("a reader of its output that goes away does not end it", async () => {
  const bridge = await serve();
  bridge.child.stdout.destroy();
  bridge.child.stderr.destroy();
  // After SIGHUP it prints its address again, to an output that is closed.
  bridge.child.kill("SIGHUP");
  const workerd = workerdOf(bridge.child.pid);
  await gone(workerd);
  await eventually(
    "the new worker",
    async () => (await fetch(`${bridge.url}/bridge/health`)).ok || undefined,
  );
  expect(await bridge.end()).toBe(0);
});

test("Ctrl+C in a terminal, a SIGINT to the whole process group, is a clean end", async () => {
  const bridge = await serve();
  process.kill(-(bridge.child.pid ?? 0), "SIGINT");
  expect((await bridge.exited)[0]).toBe(0);
  expect(bridge.lines.join("\n")).not.toContain("ended by itself");
});

describe("a signal while workerd starts", () => {
  /** Starts the process with a workerd that is slow, as on a busy machine. Resolves while workerd starts. */
  async function startSlowly(seconds: number, start: Start = {}) {
    const folder = scratch("serve-slow");
    const [program, preload] = [join(folder, "workerd"), join(folder, "preload.cjs")];
    const script = `#!/bin/sh\nsleep ${seconds} 3>&- 4>&-\nexec ${workerdProgram()} "$@"\n`;
    writeFileSync(program, script, { mode: 0o755 });
    writeFileSync(
      preload,
      `const module_ = require("node:module");
      const load = module_._load;
      module_._load = (name, ...rest) =>
        name === "workerd" ? { default: ${JSON.stringify(program)} } : load(name, ...rest);`,
    );
    const bridge = launch({ ...start, environment: { NODE_OPTIONS: `--require ${preload}` } });
    await eventually("workerd", async () => processesWith(join(bridge.data, "workerd.capnp"))[0]);
    return bridge;
  }

  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s ends both with status 0, and the folder is free",
    async (signal) => {
      const { child, exited, data, lines } = await startSlowly(5);
      child.kill(signal);
      expect(await exited).toEqual([0, null]);
      expect(processesWith(join(data, "workerd.capnp"))).toEqual([]);
      expect(lines).toEqual([]);
      expect(await (await serve({ data })).end()).toBe(0);
    },
  );

  test("SIGHUP reads the configuration again once it has started", async () => {
    const folder = scratch("serve-config");
    const { child, exited, lines } = await startSlowly(1, { config: configured({}, folder) });
    configured({ base: "/kites" }, folder);
    child.kill("SIGHUP");
    const url = await eventually("the new configuration", async () => {
      expect(child.signalCode).toBe(null);
      return /answers at (http:\S+)\/kites/.exec(lines.join("\n"))?.[1];
    });
    expect((await fetch(`${url}/kites/health`)).status).toBe(200);
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  });
});

describe("SIGHUP", () => {
  test("with a configuration that makes a set secret unusable keeps the one before, and names the secret", async () => {
    const folder = scratch("serve-config");
    const config = configured({ datasets: [DATASET, "42"] }, folder);
    const secret = "write-key-of-42-0123456789abcdef0123";
    const bridge = await serve({ config, environment: { SEGMENT_WRITE_KEY_42: secret } });
    const workerd = workerdOf(bridge.child.pid);
    configured({ datasets: [DATASET] }, folder);
    bridge.child.kill("SIGHUP");
    await eventually("the sentence", async () =>
      bridge.lines.find((line) => line === "The configuration before it stays in force."),
    );
    expect(bridge.lines.filter((line) => line.includes("SEGMENT_WRITE_KEY_42: "))).toEqual([
      'configuration, SEGMENT_WRITE_KEY_42: expected one of "datasets" in its name',
    ]);
    expect(workerdOf(bridge.child.pid)).toBe(workerd);
    expect(await bridge.post(pageEvent())).toBe(202);
    expect(await bridge.end()).toBe(0);
    expect(bridge.lines.join("\n")).not.toContain(secret);
  });
});
