// `capi-bridge/testing`: Meta's stand-in, the bridge and the tested site in one process, for any test runner.

export type { Copy, Fault, Finding, GraphRequest, PairCheck, Report, SeenEvent } from "./api.ts";
export { type Bridge, type BridgeOptions, startBridge } from "./bridge.ts";
export { newClickId, type SeedCookie, seedCookies, type Visitor } from "./cookies.ts";
export { drawEvent, drawEvents } from "./draw.ts";
export type { Wanted } from "./judge.ts";
export { type Proxy, proxy, type ProxyParts } from "./proxy.ts";
export { type Sandbox, sandboxAt, type SandboxOptions, startSandbox } from "./sandbox.ts";
export type { Site } from "./site.ts";
