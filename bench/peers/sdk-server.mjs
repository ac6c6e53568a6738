// A server as a shop would write it first: express and Meta's business SDK, one request to Meta for each
// event. It answers when Meta has answered. With AWAIT=no it answers at once and ignores Meta's answer.

import express from "express";
import sdk from "facebook-nodejs-business-sdk";

const { CustomData, EventRequest, FacebookAdsApi, ServerEvent, UserData } = sdk;
const { META_URL, PORT = "0", AWAIT = "yes" } = process.env;
Object.defineProperty(FacebookAdsApi, "GRAPH", { get: () => META_URL });

function serverEvent(event, request) {
  const user = new UserData()
    .setEmail(event.user_data.em)
    .setPhone(event.user_data.ph)
    .setFbp(event.user_data.fbp)
    .setClientIpAddress(request.socket.remoteAddress)
    .setClientUserAgent(request.headers["user-agent"]);
  const custom = new CustomData().setValue(event.custom_data.value).setCurrency(event.custom_data.currency);
  return new ServerEvent()
    .setEventName(event.event_name)
    .setEventTime(event.event_time)
    .setEventId(event.event_id)
    .setEventSourceUrl(event.event_source_url)
    .setActionSource("website")
    .setUserData(user)
    .setCustomData(custom);
}

const app = express();
app.use(express.json({ type: () => true }));
app.get("/health", (_, response) => response.json({}));
app.post("/events", async (request, response) => {
  const events = request.body.data.map((event) => serverEvent(event, request));
  const sent = new EventRequest("token", "1234567890").setEvents(events).execute();
  try {
    if (AWAIT === "no") sent.catch(() => undefined);
    else await sent;
    response.status(202).json({ events_received: events.length });
  } catch {
    response.status(503).json({ events_received: 0 });
  }
});
const server = app.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/events`);
});
