// Keeps one bridge running: restarts it with another configuration, ends it, notices when it ends by itself.

import { startBridge } from "./bridge.ts";
import type { Lock } from "./lock.ts";
import type { Checked, Words } from "./settings.ts";
import { retryWhileTaken, type Running } from "./workerd.ts";

/** A bridge that is looked after. */
export interface Supervised {
  /** Where it answers. */
  url: string;
  /** Ends it and starts it with another configuration, at the same port. Nothing accepted is lost. */
  restart(configuration: Checked): Promise<void>;
  /** Ends it; asked again, at once. */
  end(): Promise<void>;
}

/** Starts a bridge; `onEnd` hears of it when it ends though nobody asked it to. */
export async function supervise(
  words: Words,
  configuration: Checked,
  lock: Lock,
  onLine: (line: string) => void,
  onEnd: (how: string) => void,
): Promise<Supervised> {
  const asked = new WeakSet<Running>();
  const start = async (port: number, checked: Checked) => {
    const running = await startBridge({ ...words, port }, checked, lock, onLine);
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
  /** What was asked is done one after the other. */
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
