// Ports for servers that have to be told of one before they start.
//
// A server that can choose its own port (0) does not need this. A port that was free a moment ago may be taken when
// the server starts, by another server or by an outgoing connection. So each start is tried again elsewhere.

import { createServer } from "node:net";
import { AddressError } from "../../src/shell/serve/workerd.ts";

const TRIES = 20;
/** The messages of Node, Deno, PHP, Python, workerd and C programs for a port that is taken. */
const TAKEN = /EADDRINUSE|address (is )?already in use|AddrInUse|Port \d+ of \S+ is taken/i;

/** Thrown by a start that found its port taken by another process. */
export class PortTaken extends Error {}

/** Returns whether a program's output says that its port was taken. */
export const saysTaken = (output: string): boolean => TAKEN.test(output);

function isTaken(error: unknown): boolean {
  if (error instanceof AddressError) return error.reason === "taken";
  return error instanceof PortTaken || (error instanceof Error && saysTaken(error.message));
}

/**
 * Runs `start` with a port of loopback that is free, and again with another one while the port turns out to be taken.
 * `pick` is for the test of this function.
 */
export async function onFreePort<T>(start: (port: number) => Promise<T>, pick = freePort): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(await pick());
    } catch (error) {
      if (!isTaken(error) || tries === TRIES) throw error;
    }
  }
}

/** Returns a port that was free a moment ago: for a second one within `onFreePort`. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
