// Measures what the bridge costs a page in a real Chromium, beside the same page without it: the script's own task, the
// identifiers asked for at once, each request, each event, and the longest task. Both sides take turns, on the machine as it is and slowed
// four times.

import { type Browser, chromium, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { onFreePort } from "../tests/support/free-port.ts";
import { startShop } from "../tests/support/shop.ts";
import { spread, type Timing } from "./rounds.ts";
import { startAlone } from "./undriven.ts";

/** Pages that are opened to time a start, with the bridge and without. */
const STARTS = 15;
/** Calls in a round. */
const REQUESTS = 100;
const EVENTS = 20;
/** The script's own task is over that of an empty script, and four times as long on a processor that is slowed so. */
const AIMS = { startMillis: 3, askedMillis: 5, requestMicros: 25, taskMillis: 50 };

/** The globals of a page in the benchmark. */
interface Bench {
  bare: { fetch: typeof fetch; fbq: (...call: unknown[]) => void };
  fbq: (...call: unknown[]) => void;
  capiBridge: {
    track(name: string, parameters: object): unknown;
    identifiers(): { fbp?: string };
  };
  /** Both ways in turns: microseconds of the main thread for one call, round by round. */
  inTurns(calls: number, ours: () => unknown, theirs: () => unknown): Promise<[number[], number[]]>;
  settled(): Promise<void>;
}

/** The measurements at one speed of the processor. */
interface Measured {
  slowdown: number;
  /** The script's own task. */
  start: Timing;
  /** The identifiers, asked for in the same task. */
  asked: Timing;
  /** Both, as on a page that asks at once. */
  ready: Timing;
  /** The same on the visitor's next page. */
  again: Timing;
  /** A script that does nothing, started the same way. */
  nothing: Timing;
  wasm: Timing;
  request: [ours: Timing, theirs: Timing];
  roundTrip: [ours: Timing, theirs: Timing];
  pixel: [ours: Timing, theirs: Timing];
  track: Timing;
  task: [ours: Timing, theirs: Timing];
}

/** The times of a start in milliseconds. */
interface Started {
  start: number;
  asked: number;
}

const script = readFileSync("dist/capi-bridge.js", "utf8");
const wasm = [...readFileSync("target/wasm/browser_bg.wasm")];
const { origin, shop } = await onFreePort(async (port) => {
  /** A name with a registrable domain, as a shop has: the search for it is part of a start. */
  const origin = `http://www.shop.localhost:${port}`;
  return { origin, shop: await startShop(port, [origin]) };
});
const { values } = parseArgs({ options: { chromium: { type: "string" } } });
const browser = await chromium.launch({
  ...(values.chromium !== undefined && { executablePath: values.chromium }),
  args: ["--no-sandbox"],
});

try {
  const version = browser.version();
  const load = loadavg()[0]?.toFixed(1);
  const measured: [string, Measured][] = [];
  for (const [name, slowdown] of [
    ["as it is", 1],
    ["4× slowed", 4],
  ] as const)
    measured.push([name, await measure(browser, slowdown)]);
  print(version, load, measured, await startAlone(STARTS, values.chromium));
} finally {
  await browser.close();
  await shop.stop();
}

/**
 * Opens a page of the shop's origin without the bridge: the first page of a new visitor, or the next page of
 * `before`'s.
 */
async function open(slowdown: number, before?: Page): Promise<Page> {
  const context = before?.context() ?? (await browser.newContext());
  const page = await context.newPage();
  await page.goto(`${origin}/nothing-here${before ? "" : "?fbclid=Bench_1"}`);
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await page.evaluate(() => {
    const page = window as unknown as Bench;
    const queue: unknown[] = [];
    // Meta's queue, but one that never grows.
    page.fbq = Object.assign((...call: unknown[]) => void (queue[0] = call), { queue });
    page.bare = { fetch: window.fetch, fbq: page.fbq };
    page.settled = () => new Promise((done) => setTimeout(done, 200));
    page.inTurns = async (calls, ours, theirs) => {
      const time = (work: () => unknown) => {
        const start = performance.now();
        for (let call = 0; call < calls; call++) work();
        return ((performance.now() - start) * 1000) / calls;
      };
      const times: [number[], number[]] = [[], []];
      // The first rounds compile.
      for (let round = -3; round < 15; round++) {
        const turns = [() => [0, time(ours)], () => [1, time(theirs)]] as (() => [0 | 1, number])[];
        for (const turn of round % 2 !== 0 ? turns.reverse() : turns) {
          const [side, micros] = turn();
          if (round >= 0) times[side].push(micros);
          await page.settled();
        }
      }
      return times;
    };
  });
  return page;
}

/**
 * Runs a script as an inline tag does, and asks the bridge for the identifiers. Returns both times in milliseconds, the
 * script's with its compilation.
 */
function runScript(page: Page, text: string): Promise<Started> {
  return page.evaluate((text) => {
    const tag = document.createElement("script");
    tag.textContent = text;
    const start = performance.now();
    document.documentElement.append(tag);
    const run = performance.now();
    (window as unknown as Partial<Bench>).capiBridge?.identifiers();
    return { start: run - start, asked: performance.now() - run };
  }, text);
}

/** Loads the script as a page's tag does: fetched, and compiled while it comes. */
function runTag(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((done, fail) => {
        const tag = document.createElement("script");
        Object.assign(tag, { src: "/bridge/capi-bridge.js", onload: () => done(), onerror: fail });
        document.documentElement.append(tag);
      }),
  );
}

/** Starts the bridge, and waits for its deferred part. */
async function start(page: Page): Promise<Started> {
  const started = await runScript(page, script);
  const ready = await page.evaluate(async () => {
    const { capiBridge, fbq, bare, settled } = window as unknown as Bench;
    // Hooks in, cookies read, engine started: what "ready" means.
    const ready =
      window.fetch !== bare.fetch && fbq !== bare.fbq && capiBridge.identifiers().fbp !== undefined;
    await settled();
    return ready;
  });
  if (!ready) throw new Error("the bridge did not start");
  return started;
}

function both({ start, asked }: Started): number {
  return start + asked;
}

async function measure(browser: Browser, slowdown: number): Promise<Measured> {
  const starts = {
    ours: [] as Started[],
    again: [] as number[],
    nothing: [] as number[],
    wasm: [] as number[],
  };
  for (let round = 0; round < STARTS; round++) {
    const page = await open(slowdown);
    starts.nothing.push((await runScript(page, `"nothing"`)).start);
    starts.ours.push(await start(page));
    starts.again.push(both(await start(await open(slowdown, page))));
    await page.context().close();
    const other = await open(slowdown);
    starts.wasm.push(
      await other.evaluate((bytes) => {
        const module = new Uint8Array(bytes);
        const start = performance.now();
        new WebAssembly.Instance(new WebAssembly.Module(module));
        return performance.now() - start;
      }, wasm),
    );
    await other.context().close();
  }

  const page = await open(slowdown);
  await start(page);
  const sides = ([ours, theirs]: [number[], number[]]): [Timing, Timing] => [spread(ours), spread(theirs)];
  // Time the call itself: the request is aborted before it leaves.
  const request = await page.evaluate((calls) => {
    const { bare, inTurns } = window as unknown as Bench;
    const init = { method: "POST", body: "{}", headers: { accept: "*/*" }, signal: AbortSignal.abort() };
    const call = (send: typeof fetch) => void send("/api/orders", init).catch(() => undefined);
    return inTurns(
      calls,
      () => call(window.fetch),
      () => call(bare.fetch),
    );
  }, REQUESTS);
  const roundTrip = await page.evaluate(async (calls) => {
    const { bare } = window as unknown as Bench;
    const times: [number[], number[]] = [[], []];
    for (let call = 0; call < calls; call++) {
      for (const side of call % 2 === 1 ? ([0, 1] as const) : ([1, 0] as const)) {
        const send = side === 1 ? bare.fetch : window.fetch;
        const start = performance.now();
        await (await send("/bridge/health")).text();
        times[side].push((performance.now() - start) * 1000);
      }
    }
    return times;
  }, REQUESTS);
  const pixel = await page.evaluate((calls) => {
    const { bare, fbq, inTurns } = window as unknown as Bench;
    return inTurns(
      calls,
      () => fbq("trackCustom", "Spin", { value: 1, currency: "EUR" }),
      () => bare.fbq("trackCustom", "Spin", { value: 1, currency: "EUR" }),
    );
  }, EVENTS);
  const track = await page.evaluate((calls) => {
    const { capiBridge, inTurns } = window as unknown as Bench;
    return inTurns(
      calls,
      () => capiBridge.track("Spin", { value: 1, currency: "EUR" }),
      () => undefined,
    );
  }, EVENTS);
  await page.context().close();

  const tasks: [number[], number[]] = [[], []];
  for (let round = 0; round < 5; round++) {
    for (const side of [0, 1] as const) tasks[side].push(await longestTask(browser, slowdown, side === 0));
  }
  return {
    slowdown,
    start: spread(starts.ours.map(({ start }) => start)),
    asked: spread(starts.ours.map(({ asked }) => asked)),
    ready: spread(starts.ours.map(both)),
    again: spread(starts.again),
    nothing: spread(starts.nothing),
    wasm: spread(starts.wasm),
    request: sides(request),
    roundTrip: sides(roundTrip),
    pixel: sides(pixel),
    track: spread(track[0]),
    task: sides(tasks),
  };
}

/**
 * Returns the longest task of the main thread, in milliseconds, while a page starts and calls the pixel and
 * its back end.
 */
async function longestTask(browser: Browser, slowdown: number, ours: boolean): Promise<number> {
  const page = await open(slowdown);
  const categories = ["toplevel", "disabled-by-default-devtools.timeline", "__metadata"];
  await browser.startTracing(page, { categories });
  if (ours) await runTag(page);
  await page.evaluate(async () => {
    const { fbq, settled } = window as unknown as Bench;
    fbq("init", "1234567890");
    fbq("track", "PageView");
    await (await fetch("/bridge/health")).text();
    fbq("track", "Purchase", { value: 59.9, currency: "EUR", order_id: "1001" });
    await settled();
    await settled();
  });
  const { traceEvents } = JSON.parse(String(await browser.stopTracing())) as {
    traceEvents: { name: string; pid: number; tid: number; dur?: number; args?: { name?: string } }[];
  };
  await page.context().close();
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => /RunTask$/.test(name) && main.has(`${pid} ${tid}`),
  );
  if (tasks.length === 0) throw new Error("the trace has no tasks");
  return Math.max(...tasks.map(({ dur = 0 }) => dur)) / 1000;
}

function print(
  version: string,
  load: string | undefined,
  measured: [string, Measured][],
  [aloneFirst, aloneAgain]: [Timing, Timing],
): void {
  const show = ({ min, median, max }: Timing, digits: number) =>
    `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
  const line = (name: string, ...cells: string[]) =>
    console.log(name.padEnd(44) + cells.map((cell) => cell.padStart(26)).join(""));
  const row = (name: string, of: (one: Measured) => Timing, digits = 1) =>
    line(name, ...measured.map(([, one]) => show(of(one), digits)));
  const times = (name: string, of: (one: Measured) => [Timing, Timing]) =>
    line(name, ...measured.map(([, one]) => (of(one)[0].median / of(one)[1].median).toFixed(2)));
  const more = (one: Measured) => one.request[0].median - one.request[1].median;

  console.log(`\nA page in Chromium ${version}, load of the machine ${load}: median (least–most)\n`);
  line("processor", ...measured.map(([name]) => name));
  row("the script's own task, ms", ({ start }) => start, 2);
  row("  without us: an empty script, ms", ({ nothing }) => nothing, 2);
  row("identifiers, asked for at once, ms", ({ asked }) => asked, 2);
  row("  of which WebAssembly, ms", ({ wasm }) => wasm, 2);
  row("both: start to ready, ms", ({ ready }) => ready, 2);
  row("  on the visitor's next page, ms", ({ again }) => again, 2);
  line("the same in a Chromium that nobody drives, ms", show(aloneFirst, 2));
  line("  on the visitor's next page, ms", show(aloneAgain, 2));
  row("fetch, the call alone, µs", ({ request }) => request[0]);
  row("  without us, µs", ({ request }) => request[1]);
  line("  more for us, µs", ...measured.map(([, one]) => more(one).toFixed(1)));
  times("  times", ({ request }) => request);
  row("fetch there and back, µs", ({ roundTrip }) => roundTrip[0], 0);
  row("  without us, µs", ({ roundTrip }) => roundTrip[1], 0);
  times("  times", ({ roundTrip }) => roundTrip);
  row("track(), µs", ({ track }) => track);
  row("a call of the pixel, mirrored, µs", ({ pixel }) => pixel[0]);
  row("  without us, µs", ({ pixel }) => pixel[1]);
  row("longest task, ms", ({ task }) => task[0]);
  row("  without us, ms", ({ task }) => task[1]);

  console.log("");
  const verdict = (name: string, reached: (one: Measured) => boolean) =>
    line(name, ...measured.map(([, one]) => (reached(one) ? "reached" : "missed")));
  verdict(
    `aim: a task of ${AIMS.startMillis} ms × slowdown`,
    ({ start, nothing, slowdown }) => start.median - nothing.median <= AIMS.startMillis * slowdown,
  );
  verdict(`aim: identifiers in ${AIMS.askedMillis} ms`, ({ asked }) => asked.median <= AIMS.askedMillis);
  verdict(`aim: ${AIMS.requestMicros} µs a fetch`, (one) => more(one) < AIMS.requestMicros);
  verdict(`aim: no task of ${AIMS.taskMillis} ms`, ({ task }) => task[0].max < AIMS.taskMillis);
  console.log("");
}
