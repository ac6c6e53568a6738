// The ES module: `import { start } from "capi-bridge"`.

export { start, type Bridge } from "./start.ts";
export type { Consent, Settings } from "./settings.ts";
export type { Identifiers } from "./visitor.ts";
