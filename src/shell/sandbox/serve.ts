// The sandbox in Node: Meta's endpoints and its own API from WebAssembly, its page from the files beside this one.

import { closeSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { initSync } from "#wasm/sandbox";
import { serveAsset } from "../../../www/assets.ts";
import { lockFolder } from "../serve/lock.ts";
import { Answering, type Decided, knows, MAX_BODY_BYTES, problem } from "./answer.ts";
import { Disk, makeFolder } from "./disk.ts";
import { send } from "./send.ts";

export { DiskError, FolderError } from "../serve/folder.ts";
export { LockedError } from "../serve/lock.ts";

/** The settings of a sandbox. */
export interface SandboxOptions {
  /** The port; 0, the default, takes any that is free. */
  port?: number;
  /** The address to listen on; 127.0.0.1 by default. */
  host?: string;
  /** A folder that keeps the events. Without it they are lost at the end. */
  data?: string;
  /** Gets each sentence about a damaged file. */
  onLine?: (line: string) => void;
}

/** A running sandbox. */
export interface RunningSandbox {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url: string;
  port: number;
  /** Ends it: closes all connections, and stores the state if it has a folder. */
  stop(): Promise<void>;
}

/** Another process listens on the port. */
export class PortTakenError extends Error {}
/** The host or port cannot be used, for another reason. */
export class AddressError extends Error {}

/** The folder that the build writes: the wasm and the files of the page. */
const BUILT = import.meta.dirname;
let isReady = false;

/**
 * Starts a sandbox. One process can run many: each has events of its own.
 *
 * @throws {PortTakenError} when another process listens on the port
 * @throws {AddressError} when the host is no address of this machine, or the port needs more rights
 * @throws {FolderError} when the folder cannot be read and written
 * @throws {LockedError} when another sandbox uses the folder
 */
export async function serveSandbox(options: SandboxOptions = {}): Promise<RunningSandbox> {
  const { port = 0, host = "127.0.0.1", data, onLine = () => {} } = options;
  if (!isReady) initSync({ module: readFileSync(join(BUILT, "sandbox_bg.wasm")) });
  isReady = true;
  const disk = data === undefined ? undefined : await openDisk(data, onLine);
  try {
    const answering = new Answering(disk);
    const store = () => disk?.write(answering.snapshot());
    if (disk?.wantsSnapshot) store();
    const server = createServer((request, response) => {
      answerOne(answering, request, response)
        .then(() => {
          if (disk?.wantsSnapshot) store();
        })
        .catch((error: unknown) => {
          // The disk is full or failing. Node would end the process for an error without a handler.
          const message = error instanceof Error ? error.message : String(error);
          onLine(message);
          if (response.headersSent) response.destroy();
          else send(response, problem(500, message));
        });
    });
    await listen(server, port, host);
    return running(server, host, () => {
      try {
        store();
      } finally {
        disk?.close();
      }
    });
  } catch (error) {
    disk?.close();
    throw error;
  }
}

/** Returns the handle of a server that listens. `close` is called once, after its last connection. */
function running(server: Server, host: string, close: () => void): RunningSandbox {
  const { port: chosen } = server.address() as AddressInfo;
  const stop = async () => {
    await new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
    close();
  };
  let stopped: Promise<void> | undefined;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${chosen}`,
    port: chosen,
    stop: () => (stopped ??= stop()),
  };
}

async function openDisk(data: string, onLine: (line: string) => void): Promise<Disk> {
  makeFolder(data);
  const lock = await lockFolder(data);
  try {
    return new Disk(data, lock.descriptor, onLine);
  } catch (error) {
    closeSync(lock.descriptor);
    throw error;
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((done, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) => failed(addressError(error, port, host)));
    server.listen({ port, host }, () => {
      server.removeAllListeners("error");
      done();
    });
  });
}

function addressError(error: NodeJS.ErrnoException, port: number, host: string): Error {
  switch (error.code) {
    case "EADDRINUSE":
      return new PortTakenError(
        `Port ${port} of ${host} is taken by another process: choose another one with --port, or end that process.`,
      );
    case "EACCES":
      return new AddressError(
        `Port ${port} of ${host} needs rights that this process does not have: choose one from 1024 on with --port.`,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new AddressError(`${host} is no address of this machine: expected one such as 127.0.0.1.`);
    default:
      return error;
  }
}

async function answerOne(
  answering: Answering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET" } = request;
  const url = addressOf(request);
  if (url === undefined) return send(response, problem(400, "The address of this request is not valid."));
  if ((method === "GET" || method === "HEAD") && !knows(url.pathname)) {
    return sendFile(response, method, url);
  }
  const body = await read(request);
  // The client left.
  if (body === undefined) return;
  if (body === "too long") {
    const sentence = `The body is longer than ${MAX_BODY_BYTES} bytes; send fewer events in one request.`;
    return send(response, problem(413, sentence));
  }
  const header = (name: string) => {
    const value = request.headers[name];
    return Array.isArray(value) ? (value[0] ?? null) : (value ?? null);
  };
  const clientIp = request.socket.remoteAddress?.replace(/^::ffff:/, "") ?? null;
  const decided: Decided = answering.answer({ method, url, header, clientIp, body });
  send(response, decided);
}

/** Returns the address of a request. A proxy sends a whole URL. */
function addressOf({ url = "/" }: IncomingMessage): URL | undefined {
  try {
    return new URL(url.startsWith("/") ? `http://sandbox${url}` : url);
  } catch {
    return undefined;
  }
}

/** Returns the body, or undefined when the client left before its end. */
async function read(request: IncomingMessage): Promise<Uint8Array | "too long" | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      // The rest is read and dropped, so that the client sees the answer.
      if (length <= MAX_BODY_BYTES) chunks.push(chunk);
      else chunks.length = 0;
    }
  } catch {
    return undefined;
  }
  return length > MAX_BODY_BYTES ? "too long" : Buffer.concat(chunks);
}

/** Sends a file of the page. */
async function sendFile(response: ServerResponse, method: string, url: URL): Promise<void> {
  const fetch = ({ url }: Request) => {
    const { pathname } = new URL(url);
    // A URL has no ".." left, and a name with another slash is no file of ours.
    if (!/^\/[\w.-]+$/.test(pathname)) return Promise.resolve(new Response(null, { status: 404 }));
    try {
      return Promise.resolve(new Response(readFileSync(join(BUILT, "assets", pathname))));
    } catch {
      return Promise.resolve(new Response(null, { status: 404 }));
    }
  };
  const found = await serveAsset({ fetch }, new Request(url, { method }));
  const body = new Uint8Array(await found.arrayBuffer());
  send(response, {
    status: found.status,
    headers: [...found.headers],
    body,
    delayMillis: 0,
    bodyMillis: 0,
    resets: false,
  });
}
