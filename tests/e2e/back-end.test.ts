// Tests a back end that knows only the order, beside a page that knows the order and the browser.

import { expect } from "@playwright/test";
import { KEY } from "../support/shop.ts";
import { eventually } from "../support/eventually.ts";
import { buy, pair, test } from "./shop.ts";

const headers = { authorization: `Bearer ${KEY}` };

test("the back end's event of an order is the page's event of it, whatever its action source", async ({
  page,
  shop,
}) => {
  await buy(page, shop.at("/?fbclid=Test-Click_1"), "nobody");
  const purchase = await pair(shop, "Purchase");
  const order_id = purchase.browser?.custom_data["order_id"];
  expect(order_id).toEqual(expect.any(String));

  /** Posts an event as Meta's SDKs do, without an event id. */
  const post = async (event_name: string, action_source: string) => {
    const event = {
      event_name,
      event_time: Math.floor(Date.now() / 1000),
      action_source,
      event_source_url: "https://www.shop.example/thanks",
      user_data: { em: ["jane@example.com"], client_user_agent: "Mozilla/5.0" },
      custom_data: { value: 59.9, currency: "EUR", order_id },
    };
    const body = JSON.stringify({ data: [event] });
    const answer = await fetch(shop.at("/v26.0/1234567890/events", "127.0.0.1"), {
      method: "POST",
      headers,
      body,
    });
    expect(await answer.json()).toMatchObject({ events_received: 1, messages: [] });
  };
  await post("Purchase", "website");
  await post("Purchase", "system_generated");
  await post("OrderShipped", "system_generated");

  // The last event has arrived, and the order is still one event.
  const shipped = await eventually("OrderShipped", async () =>
    (await shop.report()).events.find(({ event_name }) => event_name === "OrderShipped"),
  );
  expect(shipped.server?.action_source).toBe("system_generated");
  const again = await pair(shop, "Purchase");
  expect(again).toMatchObject({ merged: true, merged_by: "event_id", event_id: purchase.event_id });
  // The page's copy was sent already. The back end's copy adds the customer, so it follows once.
  expect([again.browser?.copies, again.server?.copies]).toEqual([1, 2]);
  const answer = await fetch(shop.at("/bridge/status", "127.0.0.1"), { headers });
  const { datasets } = (await answer.json()) as { datasets: { totals: { repeated: number } }[] };
  expect(datasets[0]?.totals.repeated).toBe(1);
});
