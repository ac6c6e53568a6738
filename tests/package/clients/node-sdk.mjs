// A back end with Meta's business SDK for Node, unchanged except for the base address.

import sdk from "facebook-nodejs-business-sdk";

const {
  AppData,
  Content,
  CustomData,
  EventRequest,
  ExtendedDeviceInfo,
  FacebookAdsApi,
  ServerEvent,
  UserData,
} = sdk;
const { BRIDGE_URL, BRIDGE_KEY, DATASET, RUN } = process.env;
Object.defineProperty(FacebookAdsApi, "GRAPH", { get: () => BRIDGE_URL });

const now = Math.floor(Date.now() / 1000);
const jane = () => new UserData().setEmails(["Jane@Example.com "]).setExternalIds([`user-${RUN}`]);

/** Returns a purchase without an event id. The worker derives the browser's id from the order. */
function purchase(order, source) {
  return new ServerEvent()
    .setEventName("Purchase")
    .setEventTime(now)
    .setActionSource(source)
    .setEventSourceUrl("https://shop.example/thanks")
    .setUserData(jane().setClientUserAgent("Mozilla/5.0").setClientIpAddress("8.8.4.4"))
    .setCustomData(
      new CustomData()
        .setOrderId(order)
        .setValue(59.9)
        .setCurrency("eur")
        .setContents([new Content().setId("SKU-1").setQuantity(1)]),
    );
}

function ofApp(order) {
  const device = new ExtendedDeviceInfo().setExtInfoVersion("a2").setOsVersion("15");
  return purchase(order, "app").setAppData(
    new AppData().setAdvertiserTrackingEnabled(true).setExtinfo(device),
  );
}

function ofWhatsApp(order) {
  const event = purchase(order, "business_messaging").setMessagingChannel("whatsapp");
  return event.setUserData(new UserData().setPageId("1").setCtwaClid("Aff-n8ZTODiE79d22KtAwQKj9e"));
}

const request = (...events) => new EventRequest(BRIDGE_KEY, DATASET, events);

/** Sends a request. Returns the fields of the SDK's answer or of its error. */
async function executed(request) {
  try {
    const { events_received, messages, fbtrace_id } = await request.execute();
    return { events_received, messages, fbtrace_id };
  } catch ({ name, status, message, response }) {
    return { name, status, message, error: response };
  }
}

const plain = ["website", "physical_store", "phone_call", "chat", "email", "system_generated", "other"];
console.log(
  JSON.stringify({
    one: await executed(
      request(purchase(`one-${RUN}`, "website"))
        .setTestEventCode("TEST12345")
        .setPartnerAgent("shop-1.0")
        .setAppSecret("0123456789abcdef0123456789abcdef"),
    ),
    sources: await executed(
      request(
        ...plain.map((source) => purchase(`${source}-${RUN}`, source)),
        ofApp(`app-${RUN}`),
        ofWhatsApp(`whatsapp-${RUN}`),
      ),
    ),
    partly: await executed(
      request(
        purchase(`old-${RUN}`, "email").setEventTime(now - 8 * 86_400),
        purchase(`good-${RUN}`, "email"),
      ),
    ),
    refused: await executed(request(purchase(`old-${RUN}`, "email").setEventTime(now - 8 * 86_400))),
    stranger: await executed(new EventRequest("EAABsbCS1234TOKEN", DATASET, [purchase(`x-${RUN}`, "email")])),
  }),
);
