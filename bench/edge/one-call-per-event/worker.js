// Writes each event to a Durable Object by itself: the plain way to be durable.

import { DurableObject } from "cloudflare:workers";

export class Events extends DurableObject {
  constructor(context, env) {
    super(context, env);
    context.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, event TEXT NOT NULL)",
    );
  }

  store(event) {
    this.ctx.storage.sql.exec("INSERT INTO events (event) VALUES (?)", event);
  }
}

export default {
  async fetch(request, env) {
    const { data } = await request.json();
    for (const event of data) {
      await env.EVENTS.get(env.EVENTS.idFromName("1234567890")).store(JSON.stringify(event));
    }
    return new Response(null, { status: 202 });
  },
};
