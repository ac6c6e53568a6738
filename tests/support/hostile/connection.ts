// A connection that sends bytes as they are, and reads answers by HTTP/1.1.

import { connect, type Socket } from "node:net";
import type { HostileRequest } from "./requests.ts";

export interface RawAnswer {
  status: number;
  headers: Map<string, string>;
  body: string;
}

/** No answer within this: workerd waits for a body, or for the rest of a head, without end. */
const ANSWER_WITHIN_MILLIS = 20_000;
const PIECES = 4;
const PAUSE_MILLIS = 20;

/** One connection to a worker; it is opened anew whenever the other side has closed it. */
export class RawConnection {
  readonly #port: number;
  #socket: Socket | undefined;
  #received = Buffer.alloc(0);
  #notify: () => void = () => undefined;

  constructor(url: string) {
    this.#port = Number(new URL(url).port);
  }

  /** Sends a request; its answer, or undefined where the connection ended without one. */
  async ask(request: HostileRequest): Promise<RawAnswer | undefined> {
    const { method, manner } = request;
    const [head, body] = written(request);
    const socket = await this.#open();
    socket.write(head);
    if (manner === "slow" || manner === "chunked") {
      const size = Math.max(Math.ceil(body.length / PIECES), 1);
      for (let at = 0; at < body.length; at += size) {
        socket.write(body.subarray(at, at + size));
        if (manner === "slow") await new Promise((done) => setTimeout(done, PAUSE_MILLIS));
      }
    } else if (manner === "cut") {
      socket.end(body.subarray(0, body.length / 2));
    } else {
      socket.write(body);
    }
    if (manner === "gone") {
      this.close();
      return undefined;
    }
    const answer = await this.#answer(method === "HEAD", manner === "mislabelled");
    if (answer === undefined || manner === "cut" || manner === "mislabelled") this.close();
    if (answer?.headers.get("connection")?.toLowerCase() === "close") this.close();
    return answer;
  }

  /** Sends bytes that need not be a request. */
  async send(bytes: string): Promise<RawAnswer | undefined> {
    (await this.#open()).write(Buffer.from(bytes, "latin1"));
    const answer = await this.#answer(false, true);
    this.close();
    return answer;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #open(): Promise<Socket> {
    if (this.#socket !== undefined && !this.#socket.destroyed && !this.#socket.readableEnded)
      return this.#socket;
    const socket = connect({ port: this.#port, host: "127.0.0.1", allowHalfOpen: true });
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#notify();
    });
    for (const end of ["end", "close"] as const) socket.on(end, () => this.#notify());
    await new Promise<void>((done) => {
      socket.once("connect", done);
      socket.once("close", () => done());
    });
    return socket;
  }

  /** The next answer. Where none may come at all, it is not waited for long. */
  async #answer(isHead: boolean, mayStall: boolean): Promise<RawAnswer | undefined> {
    const socket = this.#socket;
    const end = Date.now() + (mayStall ? 300 : ANSWER_WITHIN_MILLIS);
    for (;;) {
      const found = parsed(this.#received, isHead);
      if (found !== undefined) {
        this.#received = this.#received.subarray(found.length);
        return found.answer;
      }
      const isOver = socket === undefined || socket.destroyed || socket.readableEnded;
      if (isOver) return undefined;
      const left = end - Date.now();
      if (left <= 0) {
        if (mayStall) return undefined;
        throw new Error("expected an answer within 20 seconds");
      }
      await new Promise<void>((done) => {
        const timer = setTimeout(done, left);
        this.#notify = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
  }
}

function written({ method, path, headers, body, manner }: HostileRequest): [Buffer, Buffer] {
  const lines = [`${method} ${path} HTTP/1.1`, "Host: shop.example"];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  const hasBody = method !== "GET" && method !== "HEAD";
  let content = Buffer.from(body);
  if (hasBody && manner === "chunked") {
    lines.push("Transfer-Encoding: chunked");
    const half = Math.floor(content.length / 2);
    const chunks = [content.subarray(0, half), content.subarray(half)].filter((chunk) => chunk.length > 0);
    const framed = chunks.map((chunk) => [`${chunk.length.toString(16)};x=y\r\n`, chunk, "\r\n"]);
    content = Buffer.concat([...framed.flat(), "0\r\n\r\n"].map((part) => Buffer.from(part as string)));
  } else if (hasBody) {
    const length = content.length + (manner === "mislabelled" ? 3 : 0);
    lines.push(`Content-Length: ${length}`);
  }
  return [Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), content];
}

/** The answer that the bytes begin with, and how many of them it takes. */
function parsed(bytes: Buffer, isHead: boolean): { answer: RawAnswer; length: number } | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const from = end + 4;
  const answer = (body: string, length: number) => ({ answer: { status, headers, body }, length });
  if (isHead || status === 204 || status === 304) return answer("", from);
  if (headers.get("transfer-encoding") === "chunked") {
    let at = from;
    let body = "";
    for (;;) {
      const line = bytes.indexOf("\r\n", at);
      if (line < 0) return undefined;
      const size = Number.parseInt(bytes.subarray(at, line).toString("latin1"), 16);
      const next = line + 2 + size + 2;
      if (bytes.length < next) return undefined;
      if (size === 0) return answer(body, next);
      body += bytes.subarray(line + 2, line + 2 + size).toString();
      at = next;
    }
  }
  const length = Number(headers.get("content-length") ?? 0);
  if (bytes.length < from + length) return undefined;
  return answer(bytes.subarray(from, from + length).toString(), from + length);
}
