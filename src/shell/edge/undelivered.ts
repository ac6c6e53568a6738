// What is thrown when an outbox could not do what a 202 promises.

/** Not every event was stored, or without a disk delivered; the message says why, and what the sender is to do. */
export class Undelivered extends Error {}
