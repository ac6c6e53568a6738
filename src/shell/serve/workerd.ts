// Runs workerd: services in, addresses out.

import type { ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { spawnTied } from "./lifeline.ts";
import { workerdProgram } from "./program.ts";

/** A worker to run. */
export interface Service {
  /** Its name in bindings. */
  name: string;
  /** The folder of its modules; `worker.js` is the main one. */
  folder: string;
  /** Its wasm modules, files of that folder. */
  wasm?: string[];
  /** Its bindings, by name. */
  bindings?: Record<string, Binding>;
  /** Its Durable Objects, class names, kept on disk in the state folder. */
  durableObjects?: string[];
  /** Flags beside what the compatibility date brings. */
  compatibilityFlags?: string[];
}

/**
 * The value of a binding: text, a JSON value, a variable of this process's environment, a service, a server
 * (an origin, which gets requests for any address), files, a Durable Object.
 */
export type Binding =
  | { text: string }
  | { json: unknown }
  | { fromEnvironment: string }
  | { service: string }
  | { server: string }
  | { files: string }
  | { durableObject: string };

/** The services to run, and the addresses at which they answer. */
export interface Setup {
  services: Service[];
  /** Ports by service; 0 takes any that is free. */
  ports: Record<string, number>;
  /** The address they are on. Default: loopback. */
  host?: string;
  /** Entry points for this process alone, by the name of their socket: on loopback, at a port that is free. */
  internal?: Record<string, { service: string; entrypoint: string }>;
  /** The folder of the configuration and the Durable Objects. */
  state: string;
  /** A descriptor that workerd keeps open as long as it lives: the lock of a folder. */
  lock?: number;
  /** The environment of the process: secrets go here and into no file. */
  environment?: Record<string, string>;
  /** Called with each line that workerd or a worker prints. */
  onLine?: (line: string) => void;
  /** Ends the start. A workerd that answers already is not affected. */
  abort?: AbortSignal;
}

/** workerd cannot listen at the address that it was given. */
export class AddressError extends Error {
  /** `taken`: another process listens there. `forbidden`: the port needs more rights. `absent`: not an address of this machine. */
  readonly reason: "taken" | "forbidden" | "absent";

  constructor(reason: AddressError["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A running workerd. It ends with this process, however this process ends. */
export interface Running {
  /** `http://<host>:<port>` by service, or by the name of an internal socket. */
  urls: Record<string, string>;
  /** The process, to measure it by. */
  pid: number | undefined;
  /**
   * Ends it: `SIGTERM` lets it finish the requests it has, for ten seconds at most; `SIGKILL` does not.
   * Resolves when it is gone.
   */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Resolves when it is gone, with the exit status, the signal or the error. */
  ended: Promise<string>;
}

const LOOPBACK = "127.0.0.1";
const COMPATIBILITY_DATE = "2026-10-20";
/**
 * Collects garbage often, and a little each time. V8 would let the requests of seconds pile up, and stop the worker
 * for 100 to 290 ms to delete them. Two minutes at the highest rate, without and with: status at most 208 and 43 ms,
 * p99 of posts 56 and 40 ms, memory 315 and 131 MB, 2,649 and 2,711 requests a second.
 */
const V8_FLAGS = ["--gc-global", "--semi-space-growth-factor=1", "--max-semi-space-size=4"];
const READY_WITHIN_MILLIS = 30_000;
const FINISH_WITHIN_MILLIS = 10_000;
const RETRY_TAKEN_MILLIS = 10_000;
const RETRY_TAKEN_EVERY_MILLIS = 200;
/** The longest wait for the last lines of a workerd that ended, in milliseconds. */
const READ_WITHIN_MILLIS = 1_000;

/**
 * Starts workerd and resolves once every port answers.
 *
 * @throws {AddressError} when it cannot listen where it was told to
 * @throws {Error} when it ends before, with what it printed, or when `abort` ends the start
 */
export async function startWorkerd(setup: Setup): Promise<Running> {
  setup.abort?.throwIfAborted();
  const state = resolve(setup.state);
  mkdirSync(join(state, "durable-objects"), { recursive: true });
  const config = join(state, "workerd.capnp");
  writeOnce(config, configuration({ ...setup, state }));

  // Descriptor 3 tells which port each socket got.
  const child = spawnTied(workerdProgram(), ["serve", "--control-fd=3", "--import-path=/", config], {
    env: { ...process.env, ...setup.environment },
    inherited: setup.lock,
  });
  // The first lines are held until it is ready: if it never is, they are in the error, once.
  let printed: string[] | undefined = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream as Readable }).on("line", (line) => {
      if (printed !== undefined) printed.push(line);
      else setup.onLine?.(line);
    });
  }
  // Kills workerd if this process exits without stopping it.
  const onExit = () => child.kill("SIGKILL");
  process.once("exit", onExit);
  const ended = new Promise<string>((done) => {
    child.once("exit", (code, signal) => {
      process.off("exit", onExit);
      done(signal === null ? `status ${code}` : signal);
    });
    child.once("error", (error) => {
      process.off("exit", onExit);
      done(error.message);
    });
  });
  // All that it printed has been read once its streams are closed.
  const closed = new Promise<void>((done) => child.once("close", () => done()));
  const urls = await listening(child, setup, ended, async () => {
    await Promise.race([closed, pause(READ_WITHIN_MILLIS)]);
    return printed ?? [];
  });
  for (const line of printed) setup.onLine?.(line);
  printed = undefined;
  return {
    urls,
    pid: child.pid,
    ended,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      // A stream may never end, so workerd is killed after a while. Accepted events are on disk.
      const timer = setTimeout(() => child.kill("SIGKILL"), FINISH_WITHIN_MILLIS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Writes a file unless it has this text already, so that a full disk does not prevent a start. */
function writeOnce(path: string, text: string): void {
  try {
    if (readFileSync(path, "utf8") === text) return;
  } catch {
    // It is not there yet.
  }
  writeFileSync(path, text);
}

const pause = (millis: number) => new Promise<void>((done) => setTimeout(done, millis).unref());

async function listening(
  child: ChildProcess,
  setup: Setup,
  ended: Promise<string>,
  printed: () => Promise<string[]>,
): Promise<Record<string, string>> {
  const { ports, internal = {}, host = LOOPBACK, abort } = setup;
  const names = [...Object.keys(ports), ...Object.keys(internal)];
  const urls: Record<string, string> = {};
  const ready = new Promise<void>((done) => {
    createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => {
      const message = JSON.parse(line) as { event: string; socket?: string; port?: number };
      const socket = String(message.socket);
      const at = socket in internal ? LOOPBACK : host;
      if (message.event === "listen") urls[socket] = `http://${address(at, message.port)}`;
      if (names.every((name) => name in urls)) done();
    });
  });
  const failed = ended.then(async (how) => {
    const lines = await printed();
    throw (
      addressError(lines, setup) ??
      new Error(`workerd ended before it was ready (${how}):\n${lines.join("\n")}`)
    );
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error("workerd was not ready within 30 seconds")), READY_WITHIN_MILLIS);
  });
  const aborted = new Promise<never>((_, fail) => {
    abort?.addEventListener("abort", () => fail(abort.reason as Error), { once: true });
  });
  try {
    await Promise.race([ready, failed, late, aborted]);
  } catch (error) {
    child.kill("SIGKILL");
    // Its port and its lock are free once it is gone.
    await ended;
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return urls;
}

/**
 * Runs `start` again while another process has the port. For a restart at the same port: an outgoing connection of any
 * process may have got that port for a moment.
 */
export async function retryWhileTaken<T>(start: () => Promise<T>): Promise<T> {
  const end = Date.now() + RETRY_TAKEN_MILLIS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof AddressError) || error.reason !== "taken" || Date.now() > end) throw error;
      await new Promise((done) => setTimeout(done, RETRY_TAKEN_EVERY_MILLIS));
    }
  }
}

/** Returns the error for the address that workerd could not have, in words of the command line. */
function addressError(lines: string[], { ports, host = LOOPBACK }: Setup): AddressError | undefined {
  for (const line of lines) {
    const [, socket = "", why = ""] =
      /Socket "([^"]*)": (?:bind|listen|getaddrinfo)\(\): (.*)/.exec(line) ?? [];
    const port = ports[socket];
    if (port === undefined) continue;
    if (/Address already in use/i.test(why)) {
      const message = `Port ${port} of ${host} is taken by another process: choose another one with --port, or end that process.`;
      return new AddressError("taken", message);
    }
    if (/Permission denied/i.test(why)) {
      const message = `Port ${port} of ${host} needs rights that this process does not have: choose one from 1024 on with --port.`;
      return new AddressError("forbidden", message);
    }
    const message = `--host ${host} is no address of this machine: expected one such as 127.0.0.1, or 0.0.0.0 for all.`;
    if (/Cannot assign|DNS lookup failed|not supported/i.test(why))
      return new AddressError("absent", message);
  }
  return undefined;
}

/** Returns the configuration in Cap'n Proto's text form. */
function configuration({ services, ports, internal = {}, state, host = LOOPBACK }: Setup): string {
  /** Services that are no workers. */
  const others: string[] = [];
  const workers = services.map((service) => {
    const bindings = Object.entries(service.bindings ?? {}).map(([name, binding]) => {
      if ("files" in binding || "server" in binding) {
        const other = `${service.name}-${name}`;
        others.push(
          `(name = ${quote(other)}, ${"files" in binding ? disk(binding.files) : server(binding.server)})`,
        );
        return `(name = ${quote(name)}, service = ${quote(other)})`;
      }
      return `(name = ${quote(name)}, ${bound(binding)})`;
    });
    const file = (name: string) => quote(resolve(service.folder, name));
    const modules = [
      `(name = "worker.js", esModule = embed ${file("worker.js")})`,
      ...(service.wasm ?? []).map((name) => `(name = ${quote(name)}, wasm = embed ${file(name)})`),
    ];
    const objects = (service.durableObjects ?? []).map(
      (className) =>
        `(className = ${quote(className)}, uniqueKey = ${quote(`capi-bridge-${className.toLowerCase()}`)}, enableSql = true)`,
    );
    return `(name = ${quote(service.name)}, worker = (
      modules = [${modules.join(", ")}],
      compatibilityDate = ${quote(COMPATIBILITY_DATE)},
      compatibilityFlags = [${(service.compatibilityFlags ?? []).map(quote).join(", ")}],
      bindings = [${bindings.join(", ")}],
      durableObjectNamespaces = [${objects.join(", ")}],
      ${objects.length > 0 ? 'durableObjectStorage = (localDisk = "durable-objects"),' : ""}
    ))`;
  });
  const socket = (name: string, at: string, service: string) =>
    `(name = ${quote(name)}, address = ${quote(at)}, http = (), service = ${service})`;
  const sockets = [
    ...Object.entries(ports).map(([name, port]) => socket(name, address(host, port), quote(name))),
    ...Object.entries(internal).map(([name, { service, entrypoint }]) =>
      socket(name, address(LOOPBACK, 0), `(name = ${quote(service)}, entrypoint = ${quote(entrypoint)})`),
    ),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${[...workers, ...others].join(",\n    ")},
    (name = "durable-objects", disk = (path = ${quote(join(state, "durable-objects"))}, writable = true)),
    (name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true)))
  ],
  sockets = [${sockets.join(", ")}],
  v8Flags = [${V8_FLAGS.map(quote).join(", ")}],
);
`;
}

function disk(files: string): string {
  return `disk = (path = ${quote(resolve(files))})`;
}

/** Returns an external server. A request to it keeps its address. */
function server(origin: string): string {
  const { protocol, hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (protocol === "http:") return `external = (address = ${quote(address(host, port || 80))}, http = ())`;
  return `external = (
      address = ${quote(address(host, port || 443))},
      https = (options = (), tlsOptions = (trustBrowserCas = true), certificateHost = ${quote(host)})
    )`;
}

/** Returns a host with its port, and with brackets around an IPv6 address. */
function address(host: string, port: number | string | undefined): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function bound(binding: Exclude<Binding, { files: string } | { server: string }>): string {
  if ("text" in binding) return `text = ${quote(binding.text)}`;
  if ("json" in binding) return `json = ${quote(JSON.stringify(binding.json))}`;
  if ("fromEnvironment" in binding) return `fromEnvironment = ${quote(binding.fromEnvironment)}`;
  if ("service" in binding) return `service = ${quote(binding.service)}`;
  return `durableObjectNamespace = ${quote(binding.durableObject)}`;
}

/** Quotes a string for Cap'n Proto's text form. It has JSON's escapes, except the hexadecimal ones. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/\\u00([0-9a-f]{2})/g, "\\x$1");
}
