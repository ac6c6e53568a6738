// A bridge on this machine: the worker in workerd, its outbox on disk.

import { mkdirSync } from "node:fs";
import { type Service, type Running, startWorkerd } from "./workerd.ts";
import { type Checked, secretNames, type Words } from "./settings.ts";

/** Where the worker's modules are: beside this one, in the package. */
const FOLDER = import.meta.dirname;

/** Starts the worker; resolves once it answers. */
export async function startBridge(
  { data, host, port }: Omit<Words, "config">,
  { text, origin }: Checked,
  onLine: (line: string) => void,
): Promise<Running> {
  // The outbox holds customers' data, hashed as it is: nobody else's to read.
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const secrets = secretNames(process.env).map((name) => [name, { fromEnvironment: name }]);
  const service: Service = {
    name: "edge",
    folder: FOLDER,
    wasm: ["edge_bg.wasm"],
    bindings: {
      CAPI_BRIDGE: { json: JSON.parse(text) as unknown },
      OUTBOX: { durableObject: "Outbox" },
      ...Object.fromEntries(secrets),
      // Bound as a service, it hears the address that the browser asked for.
      ...(origin !== null && { ORIGIN: { server: origin } }),
    },
    durableObjects: ["Outbox"],
  };
  return startWorkerd({ services: [service], ports: { edge: port }, host, state: data, onLine });
}
