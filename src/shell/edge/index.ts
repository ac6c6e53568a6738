// The worker as it is deployed: the handler, and the Durable Object that it writes to.

export { default, handle, type Additions, type ConsentCallback, type Context, type Env } from "./worker.ts";
export { Control } from "./control.ts";
export { Outbox } from "./outbox.ts";
