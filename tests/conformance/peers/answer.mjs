// The loop of an adapter: a line in, a line out. An adapter gives a function for each topic that it supports.

import { createInterface } from "node:readline";

/** A function that returns this supports the topic, but not this input. */
export const UNSUPPORTED = Symbol("unsupported");

/** Answers the requests of `capi-bridge conformance`. What a function throws becomes an output that fails. */
export function answer(topics) {
  createInterface({ input: process.stdin }).on("line", async (line) => {
    const { id, topic, input } = JSON.parse(line);
    let output = UNSUPPORTED;
    try {
      if (Object.hasOwn(topics, topic)) output = await topics[topic](input);
    } catch (error) {
      output = { error: String(error) };
    }
    const said = output === UNSUPPORTED ? { unsupported: true } : { output };
    process.stdout.write(`${JSON.stringify({ id, ...said })}\n`);
  });
}

/** Meta's keys of customer information: a topic each. */
export const FIELDS = ["em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country", "external_id"];

/** Returns the same function for each field of customer information. */
export const forFields = (hash) => Object.fromEntries(FIELDS.map((field) => [field, hash]));
