// Keeps one bridge running: restarts it with another configuration, ends it, notices when it ends by itself.

import { startBridge } from "./bridge.ts";
import type { Lock } from "./lock.ts";
import type { Checked, Words } from "./settings.ts";
import { retryWhileTaken, type Running } from "./workerd.ts";

/** A bridge that can be restarted and ended. */
export interface Supervised {
  /** The address at which it answers. */
  url: string;
  /** Ends it and starts it with another configuration, at the same port. Nothing accepted is lost. */
  restart(configuration: Checked): Promise<void>;
  /** Ends it. A second call kills it at once. */
  end(): Promise<void>;
}

/** The parts of this process that a bridge needs. */
export interface Surroundings {
  /** The lock of the data folder. */
  lock: Lock;
  /** Called with each line that the bridge prints. */
  onLine: (line: string) => void;
  /** Called if the bridge ends by itself. */
  onEnd: (how: string) => void;
  /** Ends the first start. */
  abort: AbortSignal;
}

/**
 * Starts a bridge.
 *
 * @throws {Error} when it does not start, or `abort` ended the start; then no workerd is left
 */
export async function supervise(
  words: Words,
  configuration: Checked,
  { lock, onLine, onEnd, abort }: Surroundings,
): Promise<Supervised> {
  const asked = new WeakSet<Running>();
  const start = async (port: number, checked: Checked) => {
    const running = await startBridge({ ...words, port }, checked, lock, onLine, abort);
    void running.ended.then((how) => void (asked.has(running) || onEnd(how)));
    return running;
  };
  const stop = (running: Running, signal?: "SIGKILL") => {
    asked.add(running);
    return running.stop(signal);
  };

  let running = await start(words.port, configuration);
  const url = running.urls["edge"] ?? "";
  let isEnding = false;
  /** The last restart or end that was asked for. Each one waits for the one before. */
  let last = Promise.resolve();
  return {
    url,
    restart(checked) {
      last = last.then(async () => {
        if (isEnding) return;
        await stop(running);
        const port = Number(new URL(url).port);
        running = await retryWhileTaken(() => start(port, checked));
      });
      return last;
    },
    end() {
      if (isEnding) return stop(running, "SIGKILL");
      isEnding = true;
      last = last.then(() => stop(running));
      return last;
    },
  };
}
