// The entry point for the process that runs workerd. That process says when sending is to end, and how much room the
// disk has, which workerd cannot see.
//
// workerd waits for requests that it answers, but not for an alarm that waits for Meta. An alarm that is cut off
// sends the same events again after the next start. So, before workerd ends: no new request to Meta starts, and the
// caller gets its answer once none is on its way.

import type { DiskRoom } from "#wasm/edge";

/** The longest wait between two looks. A promise of another request would not wake this one. */
const LOOK_EVERY_MILLIS = 10;
/** The longest time that the answer waits; the caller has a shorter time of its own. */
const WAIT_AT_MOST_MILLIS = 120_000;
/** The delay of an alarm that may not send, in milliseconds. The alarm is still set at the next start. */
const COME_BACK_AFTER_MILLIS = 1_000;
const ROOMS: readonly string[] = ["pages", "servers", "nobody"] satisfies DiskRoom[];

/** Plain data that all requests and Durable Objects of one workerd share. */
let isStopping = false;
let onTheirWay = 0;
let room: DiskRoom = "pages";

/**
 * Runs `send`, which makes one request to Meta and stores the outcome. Returns false without running it when sending
 * has ended.
 */
export async function whileSending(
  storage: DurableObjectStorage,
  send: () => Promise<boolean>,
): Promise<boolean> {
  if (isStopping) return false;
  onTheirWay += 1;
  try {
    const more = await send();
    // The outcome must be on disk before workerd may end.
    if (isStopping) await storage.sync();
    return more;
  } finally {
    onTheirWay -= 1;
  }
}

/** Returns the time for the next alarm: later than it was due when sending has ended, so that it does not spin. */
export function alarmTime(due: number): number {
  return isStopping ? Math.max(due, Date.now() + COME_BACK_AFTER_MILLIS) : due;
}

/** Returns the senders whose events the disk has room for. */
export function diskRoom(): DiskRoom {
  return room;
}

/**
 * The entry point: `POST /end` ends sending, `POST /room` with a `DiskRoom` says what the disk has room for. No public
 * address leads to it; the key keeps out other users of the machine.
 */
export const Control = {
  async fetch(request: Request, { CONTROL_KEY: key }: { CONTROL_KEY?: string }): Promise<Response> {
    if (key === undefined || key === "" || request.headers.get("authorization") !== `Bearer ${key}`) {
      return new Response(null, { status: 403 });
    }
    switch (new URL(request.url).pathname) {
      case "/end":
        await sendingEnded();
        return new Response(null, { status: 204 });
      case "/room": {
        const said = await request.text();
        if (!isRoom(said)) return new Response(`expected one of ${ROOMS.join(", ")}`, { status: 400 });
        room = said;
        return new Response(null, { status: 204 });
      }
      default:
        return new Response(null, { status: 404 });
    }
  },
};

const isRoom = (text: string): text is DiskRoom => ROOMS.includes(text);

async function sendingEnded(): Promise<void> {
  isStopping = true;
  const end = Date.now() + WAIT_AT_MOST_MILLIS;
  while (onTheirWay > 0 && Date.now() < end) {
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MILLIS));
  }
}
