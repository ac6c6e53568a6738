// A port on loopback that nobody listens on: who has to be told of an address before it answers needs one.

import { createServer } from "node:net";

/** The number of a port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
