// Opens an address in the user's browser.

import { spawn } from "node:child_process";
import { complain } from "./print.ts";

/** The program that opens an address, by platform. Linux and the BSDs have xdg-open. */
const PROGRAMS: Partial<Record<NodeJS.Platform, [program: string, ...words: string[]]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

/** Opens an address. Says so if no browser can be started; that is no reason to end. */
export function openInBrowser(url: string): void {
  const [program, ...words] = PROGRAMS[process.platform] ?? ["xdg-open"];
  const sorry = () => complain(`No browser could be opened: open ${url} yourself.`);
  const child = spawn(program, [...words, url], { stdio: "ignore", detached: true });
  child.once("error", sorry);
  child.once("exit", (status) => {
    if (status !== 0) sorry();
  });
  child.unref();
}
