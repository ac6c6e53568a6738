// Attacks `capi-bridge serve`, as an operator runs it, on a small disk of its own.

import { execFileSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KEY, ORIGIN, pageEvent, serverEvent, type Status } from "../edge.ts";
import { eventually } from "../eventually.ts";
import { receipt, startMeta } from "../meta.ts";
import { scratch } from "../sandbox.ts";
import { configured, serve, type Serving, started } from "../serve-process.ts";

export const DISK_MEGABYTES = 24;
const SETTLED_WITHIN_MILLIS = 120_000;
const NOTICED_WITHIN_MILLIS = 10_000;
const LARGE = "x".repeat(20_000);

process.once("exit", () => {
  for (const child of started) child.kill("SIGKILL");
});

/** A bridge on a small disk, its Meta, and the faults that were found. */
class Scene {
  readonly faults: string[] = [];
  readonly #accepted: string[] = [];
  readonly #taken = new Map<string, number>();
  readonly #folder: string;
  #meta: Awaited<ReturnType<typeof startMeta>> | undefined;
  #serving: Serving | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts the bridge, or starts it again on its folder with another hold. */
  async start(holdSeconds: number): Promise<void> {
    this.#meta ??= await startMeta((request, response) => {
      for (const { event_id: id } of request.body.data) this.#taken.set(id, (this.#taken.get(id) ?? 0) + 1);
      receipt(request, response);
      return true;
    });
    await this.#serving?.end();
    const limits = { rateLimit: { perSecond: 100_000, burst: 100_000 } };
    const config = configured({ graphUrl: this.#meta.url, holdSeconds, ...limits });
    const data = join(this.#folder, "data");
    this.#serving = await serve({ config, data, environment: { BRIDGE_KEY: KEY } });
  }

  async end(): Promise<void> {
    this.#serving?.child.kill("SIGKILL");
    await this.#serving?.exited;
    await this.#meta?.stop();
  }

  get #url(): string {
    return `${this.#serving?.url ?? ""}/bridge`;
  }

  /** Posts events. Notes the accepted ones and returns the status. */
  async post(sender: "page" | "server", events: { event_id: string }[]): Promise<number> {
    const headers: Record<string, string> =
      sender === "page" ? { origin: ORIGIN } : { authorization: `Bearer ${KEY}` };
    const body = JSON.stringify({ data: events });
    const answer = await fetch(`${this.#url}/events`, { method: "POST", headers, body });
    const said = await answer.text();
    if (answer.status === 202) this.#accepted.push(...events.map((event) => event.event_id));
    else if (answer.status !== 503) this.faults.push(`${answer.status} to a ${sender}: ${said}`);
    else if (!answer.headers.has("retry-after")) this.faults.push(`503 to a ${sender} without Retry-After`);
    return answer.status;
  }

  /** Posts large events of a page until they are refused. */
  async fill(): Promise<void> {
    for (let request = 0; request < 400; request++) {
      const data = Array.from({ length: 5 }, () =>
        pageEvent({ custom_data: { value: 1, currency: "EUR", note: LARGE } }),
      );
      if ((await this.post("page", data)) !== 202) return;
    }
    this.faults.push(`${this.#accepted.length} events of 20 kB were accepted on ${DISK_MEGABYTES} MB`);
  }

  /** Checks that health and status raise an alarm. The worker caches each of them for some seconds. */
  async raisesAlarm(): Promise<void> {
    const alarms = async (path: string) => {
      const headers = { authorization: `Bearer ${KEY}` };
      return ((await (await fetch(`${this.#url}${path}`, { headers })).json()) as Status).alarms ?? [];
    };
    for (const path of ["/health", "/status"]) {
      const raised = await eventually(
        "an alarm",
        async () => (await alarms(path))[0],
        NOTICED_WITHIN_MILLIS,
      ).catch(() => undefined);
      if (raised === undefined) this.faults.push(`${path} raises no alarm`);
    }
  }

  /** Checks that each accepted event reaches Meta once, without a request to the bridge. */
  async delivers(): Promise<void> {
    const missing = () => this.#accepted.filter((id) => !this.#taken.has(id)).length;
    const all = () => Promise.resolve(missing() === 0 ? true : undefined);
    await eventually("events at Meta", all, SETTLED_WITHIN_MILLIS).catch(() => undefined);
    if (missing() > 0) this.faults.push(`${missing()} of ${this.#accepted.length} events did not reach Meta`);
    const twice = [...this.#taken.values()].filter((times) => times > 1).length;
    if (twice > 0) this.faults.push(`${twice} events reached Meta more than once`);
  }

  /** Checks that the bridge accepts a page's event again. */
  async accepts(): Promise<void> {
    const isAccepted = async () => ((await this.post("page", [pageEvent()])) === 202 ? true : undefined);
    await eventually("room", isAccepted, SETTLED_WITHIN_MILLIS).catch(() => {
      this.faults.push("a page is refused although the disk has room again");
    });
  }

  /** Fills the disk to its last byte, as another program would. Returns a function that makes room. */
  fillByOthers(): () => void {
    const file = join(this.#folder, "others");
    const { bavail, bsize } = statfsSync(this.#folder);
    writeFileSync(file, Buffer.alloc(bavail * bsize, 1));
    return () => rmSync(file);
  }
}

/** Fills the disk with the bridge's own events. */
async function ownEvents(scene: Scene): Promise<void> {
  await scene.start(3600);
  await scene.fill();
  // Pages are refused first, so there is room for a server's event.
  const status = await scene.post("server", [serverEvent()]);
  if (status !== 202) scene.faults.push(`${status} to a server while pages are refused`);
  await scene.raisesAlarm();
  await scene.start(0);
  await scene.delivers();
  await scene.accepts();
}

/** Lets another program fill the disk. */
async function others(scene: Scene): Promise<void> {
  await scene.start(3600);
  const large = () => ({ custom_data: { value: 1, currency: "EUR", note: LARGE } });
  for (let request = 0; request < 20; request++) {
    await scene.post("page", [pageEvent(large()), pageEvent(large())]);
    await scene.post("server", [serverEvent(large())]);
  }
  const makeRoom = scene.fillByOthers();
  for (const sender of ["page", "server"] as const) {
    const event = () => (sender === "page" ? pageEvent(large()) : serverEvent(large()));
    const isRefused = async () => ((await scene.post(sender, [event()])) === 503 ? true : undefined);
    await eventually("a refusal", isRefused, NOTICED_WITHIN_MILLIS).catch(() => {
      scene.faults.push(`a ${sender} is accepted although the disk is full`);
    });
  }
  await scene.raisesAlarm();
  await scene.start(0);
  await scene.delivers();
  makeRoom();
  await scene.accepts();
}

/** The attacks on a small disk, by name. */
export const ON_SMALL_DISK: Record<string, (scene: Scene) => Promise<void>> = {
  [`a disk of ${DISK_MEGABYTES} MB that fills`]: ownEvents,
  [`a disk of ${DISK_MEGABYTES} MB that others fill`]: others,
};

/** Runs one attack on a small disk. Returns the faults. */
export async function onSmallDisk(attack: (scene: Scene) => Promise<void>): Promise<string[]> {
  const folder = scratch("small-disk");
  const unmount = mounted(folder);
  if (unmount === undefined) {
    return [
      "this user may not mount a small disk (mount -t tmpfs): run it as root, or in a container that may",
    ];
  }
  const scene = new Scene(folder);
  try {
    await attack(scene);
  } catch (error) {
    scene.faults.push(String(error));
  } finally {
    await scene.end();
    unmount();
  }
  return scene.faults;
}

/** Mounts a small disk. Returns the function that unmounts it, or `undefined` if that is not permitted. */
function mounted(folder: string): (() => void) | undefined {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MEGABYTES}m`, "tmpfs", folder], {
      stdio: "ignore",
    });
  } catch {
    return undefined;
  }
  const unmount = () => void execFileSync("umount", ["--lazy", folder], { stdio: "ignore" });
  process.once("exit", unmount);
  return () => {
    process.off("exit", unmount);
    unmount();
  };
}
