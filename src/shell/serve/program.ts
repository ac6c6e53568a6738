// Finds the workerd program.

import { createRequire } from "node:module";

/** The version that the suites run with. */
export const TESTED = "1.20261023.1";

/**
 * Returns the path of the program. The package's command is a script around it that passes no signal on.
 *
 * @throws {Error} where the package is not installed, with the command that installs it
 */
export function workerdProgram(): string {
  try {
    return (createRequire(import.meta.url)("workerd") as { default: string }).default;
  } catch (error) {
    throw new Error(
      `workerd is not installed, the runtime of the worker. It is large, so that it comes only where it is wanted:
  npm install workerd@${TESTED}
or, without a project:
  npx -p capi-bridge -p workerd@${TESTED} capi-bridge serve --config bridge.json`,
      { cause: error },
    );
  }
}
