// A look at the Graph API's address at start: a name that is mistyped, a firewall that is closed.

import { connect } from "node:net";

const WITHIN_MILLIS = 5_000;

/**
 * Returns why nothing answers at the address of this URL, such as `ENOTFOUND`; undefined when a server accepts a
 * connection.
 *
 * @throws {Error} when the text is no URL, or its host or port is none
 */
export function whyUnreachable(url: string): Promise<string | undefined> {
  return new Promise((done) => {
    const { protocol, hostname, port } = new URL(url);
    const socket = connect({
      host: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: port === "" || port === "0" ? (protocol === "https:" ? 443 : 80) : Number(port),
    });
    const finish = (why?: string) => {
      socket.destroy();
      done(why);
    };
    // This check must not keep the process alive.
    socket.unref();
    socket.setTimeout(WITHIN_MILLIS, () => finish(`no answer within ${WITHIN_MILLIS / 1000} seconds`));
    socket.once("connect", () => finish());
    socket.once("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
}
