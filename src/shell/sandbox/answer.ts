// Answers requests with the sandbox's WebAssembly. Both hosts use it: workerd and Node.

import { __wbg_reset_state, Sandbox } from "#wasm/sandbox";
import { guarded, Trap } from "../wasm/guard.ts";

/** One request, as a host received it. */
export interface Received {
  method: string;
  url: URL;
  header(name: string): string | null;
  clientIp: string | null;
  body: Uint8Array;
}

/** One answer, and how the host sends it. */
export interface Decided {
  status: number;
  headers: [string, string][];
  body: Uint8Array<ArrayBuffer>;
  /** The time to wait before the head is sent, in milliseconds. */
  delayMillis: number;
  /** The time over which the body is sent, in milliseconds; 0 sends it at once. */
  bodyMillis: number;
  /** Close the connection without an answer. */
  resets: boolean;
}

/** Stores the changes of a sandbox for a host. */
export interface Store {
  /** Writes the changes before the request is answered. */
  append(changes: Uint8Array): void;
  /** Puts the stored state into a new sandbox. */
  restore(sandbox: Sandbox): void;
}

/** The longest body that a host reads, in bytes. The sandbox refuses a longer one. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Returns true if the sandbox answers this path. Any other path may be a file. */
export const knows = (path: string) => Sandbox.knows(path);

/** One sandbox, and a fresh one after a trap. */
export class Answering {
  #sandbox: Sandbox;
  readonly #store: Store | undefined;

  /** Starts empty, or with what the store has. */
  constructor(store?: Store) {
    this.#store = store;
    this.#sandbox = this.#fresh();
  }

  /** Answers a request. After a trap, answers 500 and starts over. */
  answer(received: Received): Decided {
    try {
      const { decided, changes } = guarded(
        () => this.#decide(received),
        () => {
          __wbg_reset_state();
          this.#sandbox = this.#fresh();
        },
      );
      if (changes.length > 0) this.#store?.append(changes);
      return decided;
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      const state = this.#store === undefined ? "empty" : "with what is stored";
      return problem(500, `The sandbox failed on this request and started over, ${state}.`);
    }
  }

  /** Returns the whole state, to be stored. */
  snapshot(): Uint8Array {
    return this.#sandbox.snapshot();
  }

  #decide({ method, url, header, clientIp, body }: Received): { decided: Decided; changes: Uint8Array } {
    const answer = this.#sandbox.answer(
      Date.now(),
      {
        method,
        path: url.pathname,
        query: url.search.slice(1),
        authorization: header("authorization"),
        contentType: header("content-type"),
        userAgent: header("user-agent"),
        clientIp,
      },
      body,
    );
    const head = answer.head();
    const bytes = answer.intoBody() as Uint8Array<ArrayBuffer>;
    return { decided: { ...head, body: bytes }, changes: this.#sandbox.takeChanges() };
  }

  #fresh(): Sandbox {
    const sandbox = new Sandbox();
    if (this.#store !== undefined) {
      this.#store.restore(sandbox);
      sandbox.keepChanges();
    }
    return sandbox;
  }
}

/** Returns an error of the sandbox itself, not one of Meta's. Any origin may read it. */
export function problem(status: number, message: string): Decided {
  return {
    status,
    headers: [
      ["content-type", "application/json; charset=utf-8"],
      ["cache-control", "no-store"],
      ["access-control-allow-origin", "*"],
    ],
    body: new TextEncoder().encode(JSON.stringify({ error: { message } })) as Uint8Array<ArrayBuffer>,
    delayMillis: 0,
    bodyMillis: 0,
    resets: false,
  };
}
