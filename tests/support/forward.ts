// Other ways to a server on 127.0.0.1: over IPv6 and over https.

import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { createServer as createTlsServer } from "node:tls";

/** A port that leads to another one. */
export interface Way {
  port: number;
  close(): Promise<void>;
}

/** `true` if this machine has ::1. Some containers do not. */
export const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1"),
);

/** Opens a port on ::1 that leads to this one. */
export function overIpv6(port: number): Promise<Way> {
  return listen(createServer(), "::1", (inward) => forward(inward, port));
}

/** Opens a port on 127.0.0.1 that leads to this one over TLS, with a certificate that is not trusted. */
export function overHttps(port: number): Promise<Way> {
  const pem = readFileSync(new URL("loopback.pem", import.meta.url));
  const server = createTlsServer({ key: pem, cert: pem });
  return listen(server, "127.0.0.1", (inward) => forward(inward, port), "secureConnection");
}

function forward(inward: Socket, port: number): void {
  const outward = connect(port, "127.0.0.1");
  inward.pipe(outward).pipe(inward);
  // Browsers may cut a connection at any time.
  inward.on("error", () => outward.destroy());
  outward.on("error", () => inward.destroy());
}

async function listen(
  server: Server,
  host: string,
  onConnection: (socket: Socket) => void,
  event = "connection",
): Promise<Way> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.on(event, onConnection);
  await new Promise<void>((done, fail) => {
    server.once("error", fail).listen(0, host, done);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
