// What is thrown when an outbox could not do what a 202 promises.

/** Not every event was stored, or without a disk delivered; the message says why, and what the sender is to do. */
export class Undelivered extends Error {
  /** A name of the reason for programs. */
  readonly code: "undelivered" | "outbox_full";
  /** When the sender is to try again, in seconds. */
  readonly retryAfterSeconds = 60;

  constructor(message: string, code: "undelivered" | "outbox_full" = "undelivered") {
    super(message);
    this.code = code;
  }
}
