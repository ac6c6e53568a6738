// `capi-bridge id`: the event id of an order.

import { messageOf } from "../serve/errors.ts";
import type { CliCommand } from "./command.ts";
import { DataError, UsageError } from "./errors.ts";
import { say } from "./print.ts";

/** The variable that has the secret where the command line has none. */
const VARIABLE = "EVENT_ID_SECRET";

/** Adds the command. */
export function addId(program: CliCommand): void {
  program
    .command("id")
    .summary("print the event id of an order")
    .description(
      "Prints the event id that page and server derive from an event name and an order id.\n" +
        `With --secret the id is keyed, so that nobody can guess it. The secret is in ${VARIABLE} or after --secret.`,
    )
    .argument("<event>", "the event's name, such as Purchase")
    .argument("<order>", "the order id")
    .option("--secret [secret]", `make a keyed id, with this secret or the one in ${VARIABLE}`)
    .examples(
      "capi-bridge id Purchase 1001",
      `${VARIABLE}=$(openssl rand -hex 32) capi-bridge id Purchase 1001 --secret`,
    )
    .action(async (eventName: string, orderId: string, { secret }: { secret?: string | true }) => {
      if (eventName.trim() === "" || orderId.trim() === "") {
        throw new UsageError("id: expected an event name and an order id, neither of them blank");
      }
      const { eventId } = await import("../core/index.ts");
      if (secret === undefined) return say(eventId({ eventName, orderId }));
      const key = secret === true ? process.env[VARIABLE] : secret;
      if (key === undefined || key === "") {
        throw new UsageError(`--secret: expected the secret in ${VARIABLE} or after --secret`);
      }
      try {
        say(eventId({ eventName, orderId, secret: key }));
      } catch (error) {
        throw new DataError(messageOf(error));
      }
    });
}
