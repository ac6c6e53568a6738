// The demo: a shop behind the edge worker, and the sandbox that stands in for Meta, on loopback.

import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { edge, sandbox, shop } from "../src/shell/testing/services.ts";
import { AddressError, startWorkerd } from "../src/shell/serve/workerd.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "8787" } } });
const port = Number(values.port);
const root = resolve(import.meta.dirname, "../..");
const shopUrl = `http://localhost:${port}`;
const sandboxUrl = `http://localhost:${port + 1}`;
/** The worker reaches the sandbox by number: a host may know localhost by IPv6 first. */
const graphUrl = `http://127.0.0.1:${port + 1}`;

/** Returns a secret that the shop and the worker share while the demo runs. */
const secret = () => randomBytes(32).toString("hex");

const configuration = {
  datasets: ["1234567890"],
  allowedOrigins: [shopUrl, `http://127.0.0.1:${port}`],
  graphUrl,
  // A page's Purchase waits for the shop's report, so that Meta gets one server copy with all that both know.
  holdSeconds: { "*": 1, Purchase: 5 },
};

const running = await startWorkerd({
  services: [edge(root, configuration, "shop"), shop(root, sandboxUrl), sandbox(root)],
  ports: { edge: port, sandbox: port + 1 },
  state: resolve(root, "target/demo-state"),
  environment: {
    META_ACCESS_TOKEN: "demo-token",
    BRIDGE_KEY: secret(),
    WOOCOMMERCE_WEBHOOK_SECRET: secret(),
    SHOPIFY_WEBHOOK_SECRET: secret(),
    STRIPE_WEBHOOK_SECRET: `whsec_${secret()}`,
  },
  onLine: (line) => console.error(line),
}).catch((error: unknown) => {
  if (!(error instanceof AddressError)) throw error;
  // npm takes the options before "--" for its own.
  console.error(error.message.replace("--port", "npm start -- --port <number>"));
  process.exit(1);
});

console.log(`
  The shop     ${shopUrl}
               as a visitor who clicked an ad: ${shopUrl}/?fbclid=Test-Click_1
  The sandbox  ${sandboxUrl}
               both copies of every event, and whether they were recognised as one

  Ctrl+C ends it.
`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void running.stop().then(() => process.exit(0)));
}
