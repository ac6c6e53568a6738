// The shop's API: takes orders, shows their state, and takes their payments.

import { count, MAX_QUANTITY, readLines, totalCents } from "../model/lines.ts";
import { type OrderAnswer, type OrderRequest, type OrderState, REPORTERS } from "../model/order.ts";
import { nextId, type Order, orderOf, remember } from "./order.ts";
import { type Bridge, reportPaid, type Secrets } from "./report.ts";
import { SYSTEMS } from "./systems.ts";

/** The time after which an order is paid whose payment does not come later, in milliseconds. */
const PAID_AFTER_MILLIS = 1500;

export interface ApiEnv extends Secrets {
  /** The bridge. Without it no order is reported. */
  BRIDGE?: Bridge;
}

type Context = Pick<ExecutionContext, "waitUntil">;

/** Answers a request to the API; undefined for any other path. */
export async function api(request: Request, env: ApiEnv, context: Context): Promise<Response | undefined> {
  const [, root, kind, key, action] = new URL(request.url).pathname.split("/");
  if (root !== "api" || kind !== "orders") return undefined;
  if (key === undefined) {
    return request.method === "POST" ? take(request, env, context) : notAllowed("POST");
  }
  const order = orderOf(key);
  if (order === undefined) return json(404, { error: "no order has this key" });
  if (action === undefined) {
    return request.method === "GET" ? json(200, state(order)) : notAllowed("GET");
  }
  if (action !== "payment") return json(404, { error: "an order has no such page" });
  if (request.method !== "POST") return notAllowed("POST");
  await pay(order, env);
  return json(200, state(order));
}

/** Takes an order: computes its total, and returns the identifiers that came with it. */
async function take(request: Request, env: ApiEnv, context: Context): Promise<Response> {
  let sent: Partial<Record<keyof OrderRequest, unknown>> | null;
  try {
    sent = await request.json();
  } catch {
    return json(400, { error: "the body: expected JSON" });
  }
  const lines = readLines(sent?.items);
  if (count(lines) === 0) {
    const error = `items: expected at least one { "id": "delta", "quantity": 1 to ${MAX_QUANTITY} }`;
    return json(400, { error });
  }
  const reporter = REPORTERS.find((known) => known === (sent?.reporter ?? "nobody"));
  if (reporter === undefined)
    return json(400, { error: `reporter: expected one of ${REPORTERS.join(", ")}` });
  const header = (name: string) => request.headers.get(name);
  const system = SYSTEMS[reporter];
  const named = { id: system.id(nextId(Date.now())), key: system.key() };
  const order: Order = {
    ...named,
    reporter,
    lines,
    name: String(sent?.name ?? ""),
    email: String(sent?.email ?? ""),
    placedMillis: Date.now(),
    site: new URL(request.url).origin,
    thanks: system.thanks(named),
    identifiers: {
      fbp: header("x-capi-fbp"),
      fbc: header("x-capi-fbc"),
      event_id: header("x-capi-event-id"),
    },
    address: header("x-forwarded-for")?.split(",").at(-1)?.trim() ?? "",
    userAgent: header("user-agent") ?? "",
  };
  remember(order);
  if (sent?.paysLater !== true) context.waitUntil(payLater(order, env));
  const answer: OrderAnswer = {
    order_id: String(order.id),
    key: order.key,
    thanks: order.thanks,
    total: totalCents(lines) / 100,
    identifiers: order.identifiers,
  };
  return json(201, answer);
}

async function payLater(order: Order, env: ApiEnv): Promise<void> {
  // The own back end knows at once that the order is paid. A webhook comes a moment later.
  if (order.reporter !== "own") await new Promise((later) => setTimeout(later, PAID_AFTER_MILLIS));
  await pay(order, env);
}

/** Marks the order as paid, once, and reports it. */
async function pay(order: Order, env: ApiEnv): Promise<void> {
  if (order.paidMillis !== undefined) return;
  order.paidMillis = Date.now();
  await reportPaid(order, env, env.BRIDGE).catch((error: unknown) => console.error(String(error)));
}

function state({ paidMillis, report }: Order): OrderState {
  return { isPaid: paidMillis !== undefined, ...(report && { report }) };
}

const json = (status: number, body: unknown) =>
  Response.json(body, { status, headers: { "cache-control": "no-store" } });

const notAllowed = (allow: string) =>
  Response.json({ error: `expected ${allow}` }, { status: 405, headers: { allow } });
