// What an outbox without a disk throws when it could not do what a 202 promises.

/** Not every event was delivered; the message says why, and what the sender is to do. */
export class Undelivered extends Error {}
