// A bridge for tests: the durable worker when workerd is installed, else the direct handler.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { workerdProgram } from "../serve/program.ts";
import { startWorkerd } from "../serve/workerd.ts";
import { listen } from "./listen.ts";
import { built, importBuilt } from "./places.ts";

/** Options of `startBridge`. */
export interface BridgeOptions {
  /** The address to which the bridge sends its events. */
  sandbox: { url: string };
  /** The datasets (pixel ids). Default: `1234567890`. */
  datasets?: string[];
  /** Origins of pages, besides those that a `proxy` puts the bridge on. */
  allowedOrigins?: string[];
  /** Other settings, as in the bridge's configuration file. */
  configuration?: Record<string, unknown>;
  /** Forces a kind. Default: `durable` when workerd is installed, else `direct`. */
  kind?: "durable" | "direct";
  /** Called with each line that the durable worker prints, such as why it refused an event. Default: `console.warn`, without what only informs. */
  onLine?: (line: string) => void;
}

/** A running bridge. */
export interface Bridge {
  url: string;
  /** The path below which the bridge answers. Default: `/bridge`. */
  base: string;
  /** An origin whose pages the bridge accepts. The proxy shows it in place of its own. */
  origin: string;
  /** `durable`: the worker with its outbox on disk. `direct`: delivery while the request lives. */
  kind: "durable" | "direct";
  /** The reason for this kind, as a sentence. */
  why: string;
  /** The key for servers: `authorization: Bearer <key>`. */
  key: string;
  /**
   * Forgets everything: events that wait, and ids that were seen. The address may change, so read `url` again.
   */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** A key of a bridge that lives as long as a test, on loopback. It protects nothing. */
const KEY = "key-of-a-test-0123456789abcdef0123456789abcdef";
const TOKEN = "token-of-a-test";
const ORIGIN = "https://site.capi-bridge.test";
const DEFAULT_DATASET = "1234567890";

/**
 * Starts a bridge that sends to the sandbox at once: it holds nothing and has no alarm grid.
 *
 * @throws {Error} when the configuration is wrong, with the path of the mistake
 */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  const { sandbox, datasets = [DEFAULT_DATASET], allowedOrigins = [], configuration = {} } = options;
  const settings = {
    datasets,
    allowedOrigins: [ORIGIN, ...allowedOrigins],
    graphUrl: sandbox.url,
    holdSeconds: 0,
    ...configuration,
  };
  const [kind, why] = chosen(options.kind);
  const start = () => (kind === "durable" ? durable(settings, options.onLine ?? printed) : direct(settings));
  let running = await start();
  const base = (configuration as { base?: unknown }).base;
  return {
    get url() {
      return running.url;
    },
    base: typeof base === "string" ? base : "/bridge",
    origin: ORIGIN,
    kind,
    why,
    key: KEY,
    async reset() {
      await running.stop();
      running = await start();
    },
    stop: () => running.stop(),
  };
}

function chosen(wanted: Bridge["kind"] | undefined): [Bridge["kind"], string] {
  if (wanted === "direct") return ["direct", "The direct handler, as asked for."];
  try {
    workerdProgram();
    return ["durable", "workerd is installed, so this is the durable worker."];
  } catch (error) {
    if (wanted === "durable") throw error;
    return [
      "direct",
      "workerd is not installed, so this is the direct handler: it keeps nothing on disk and does not hold events. For the durable worker: npm install --save-dev workerd",
    ];
  }
}

/** Prints what the worker complains of. */
function printed(line: string): void {
  if (!line.includes('"level":"info"')) console.warn(line);
}

/** The worker as `capi-bridge serve` runs it, in an empty folder of its own. */
async function durable(settings: object, onLine: (line: string) => void) {
  const state = mkdtempSync(join(tmpdir(), "capi-bridge-testing-"));
  const secrets = { META_ACCESS_TOKEN: TOKEN, BRIDGE_KEY: KEY };
  try {
    const running = await startWorkerd({
      services: [
        {
          name: "edge",
          folder: built("edge"),
          wasm: ["edge_bg.wasm"],
          bindings: {
            CAPI_BRIDGE: { json: { alarmGridSeconds: 0, ...settings } },
            OUTBOX: { durableObject: "Outbox" },
            ...Object.fromEntries(Object.keys(secrets).map((name) => [name, { fromEnvironment: name }])),
          },
          durableObjects: ["Outbox"],
        },
      ],
      ports: { edge: 0 },
      state,
      environment: secrets,
      onLine,
    });
    return {
      url: running.urls["edge"] ?? "",
      async stop() {
        // The folder is deleted, so nothing has to be finished.
        await running.stop("SIGKILL");
        rmSync(state, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(state, { recursive: true, force: true });
    throw error;
  }
}

/** The part of `capi-bridge/direct` that is used here. */
interface Direct {
  directBridge(settings: {
    configuration: object;
    environment: Record<string, string>;
  }): (request: Request, client?: { address?: string }) => Promise<Response>;
}

async function direct(settings: object) {
  const { directBridge } = await importBuilt<Direct>("edge/direct.js");
  const environment = { META_ACCESS_TOKEN: TOKEN, BRIDGE_KEY: KEY };
  const bridge = directBridge({ configuration: settings, environment });
  return listen((request, address) => bridge(request, { address }));
}
