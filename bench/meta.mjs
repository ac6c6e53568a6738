// A stand-in for Meta in a process of its own, so that its work costs the servers nothing. It answers after
// DELAY_MILLIS and counts the events. On request it goes away for a time: then it breaks each connection.

import { createServer } from "node:http";
import { once } from "node:events";

const { DELAY_MILLIS = "50" } = process.env;
/**
 * The number of times that each id came, in 16 parts. A Map ends at 16.7 million keys, and an hour has more.
 */
const taken = Array.from({ length: 16 }, () => new Map());
const partOf = (id) => taken[Number.parseInt(id.slice(-1), 16) || 0];
const timesOf = (id) => partOf(id).get(id) ?? 0;
let requests = 0;
let awayUntil = 0;

/** Returns the events of a request: JSON of its own, or one field of a form. */
function events(text) {
  const data = text.startsWith("{") ? JSON.parse(text).data : new URLSearchParams(text).get("data");
  return typeof data === "string" ? JSON.parse(data) : data;
}

const server = createServer(async (request, response) => {
  const chunks = [];
  response.on("error", () => undefined);
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    // The server was killed in the middle of its request.
    return;
  }
  const text = Buffer.concat(chunks).toString();
  const json = (body) =>
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  switch (request.url) {
    case "/control/report": {
      let [events, copies] = [0, 0];
      for (const part of taken) {
        events += part.size;
        for (const times of part.values()) copies += times;
      }
      return json({ requests, events, copies });
    }
    case "/control/forget":
      for (const part of taken) part.clear();
      requests = 0;
      return json({});
    case "/control/away":
      awayUntil = Date.now() + Number(text);
      return json({});
    case "/control/missing":
      return json({ missing: JSON.parse(text).filter((id) => timesOf(id) === 0).length });
  }
  if (Date.now() < awayUntil) return request.socket.destroy();
  requests += 1;
  const data = events(text);
  await new Promise((done) => setTimeout(done, Number(DELAY_MILLIS)));
  for (const { event_id } of data) partOf(event_id).set(event_id, timesOf(event_id) + 1);
  json({ events_received: data.length, messages: [], fbtrace_id: "T" });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1");
await once(server, "listening");
console.log(`http://127.0.0.1:${server.address().port}`);
