// The error for events that an outbox could not store or deliver.

/**
 * Not every event was stored, or delivered by an outbox without a disk. The message names the reason and the
 * sender's next step.
 */
export class Undelivered extends Error {
  /** The code of the reason, for programs. */
  readonly code: "undelivered" | "outbox_full";
  /** The seconds after which the sender should retry. */
  readonly retryAfterSeconds = 60;

  constructor(message: string, code: "undelivered" | "outbox_full" = "undelivered") {
    super(message);
    this.code = code;
  }
}
