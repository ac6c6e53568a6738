// A server as an experienced developer would write it by hand: fastify, a log that is synced before the
// answer, batches. It hashes e-mail and phone, and adds the IP address and user agent. It checks and
// deduplicates nothing, and sends a batch that Meta rejects again for ever.

import { open, readFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import fastify from "fastify";

const { META_URL, LOG, PORT = "0" } = process.env;
const hash = (text) => createHash("sha256").update(text.trim().toLowerCase()).digest("hex");
const log = await open(LOG, "a");
const done = await open(`${LOG}.done`, "a");
/** The lines that are not at Meta yet, those of the last run first. */
const [lines, sent] = await Promise.all([LOG, `${LOG}.done`].map((path) => readFile(path, "utf8")));
let queue = lines
  .split("\n")
  .filter(Boolean)
  .slice(Number(sent.trim().split("\n").at(-1) || 0));
let delivered = lines.split("\n").filter(Boolean).length - queue.length;
let waiting = [];

/** Writes all lines that came meanwhile, and syncs once. */
async function write() {
  while (waiting.length > 0) {
    const group = waiting;
    waiting = [];
    await log.appendFile(group.map(({ line }) => `${line}\n`).join(""));
    await log.datasync();
    for (const { line, answer } of group) {
      queue.push(line);
      answer();
    }
  }
  writing = undefined;
}
let writing;
const store = (line) =>
  new Promise((answer) => {
    waiting.push({ line, answer });
    writing ??= write();
  });

async function send() {
  const batch = queue.slice(0, 1000);
  if (batch.length > 0) {
    try {
      const headers = { "content-type": "application/json", authorization: "Bearer token" };
      const body = `{"data":[${batch.join()}]}`;
      const answer = await fetch(`${META_URL}/v26.0/1234567890/events`, { method: "POST", headers, body });
      if (answer.ok) {
        queue = queue.slice(batch.length);
        delivered += batch.length;
        await done.appendFile(`${delivered}\n`);
      }
      await answer.arrayBuffer();
    } catch {
      // Meta is away: the same batch again.
    }
  }
  setTimeout(send, 500);
}
void send();

const app = fastify();
app.addContentTypeParser("*", { parseAs: "string" }, (_, body, parsed) => parsed(null, JSON.parse(body)));
app.get("/health", () => ({}));
app.post("/events", async (request, reply) => {
  for (const event of request.body.data) {
    const { em, ph, ...user_data } = event.user_data;
    Object.assign(user_data, {
      em: [hash(em)],
      ph: [hash(ph.replace(/\D/g, ""))],
      client_ip_address: request.ip,
    });
    user_data.client_user_agent = request.headers["user-agent"];
    await store(JSON.stringify({ ...event, action_source: "website", user_data }));
  }
  reply.code(202);
  return { events_received: request.body.data.length };
});
console.log(`${await app.listen({ port: Number(PORT), host: "127.0.0.1" })}/events`);
