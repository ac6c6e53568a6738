// Shows a welcome while nothing has arrived.

import { byId, element } from "../../element.ts";
import { copyOnClick } from "./code.ts";

/** Fills in the addresses that only the running page knows: the shop's and the sandbox's. */
export function welcome(): void {
  const from = document.referrer === "" ? undefined : new URL(document.referrer).origin;
  if (from !== undefined && from !== location.origin) {
    const link = element("a", { href: `${from}/?fbclid=Test-Click_1` }, "Open the demo shop");
    byId("to-shop", HTMLSpanElement).replaceChildren(link, ", already as from an ad.");
  }
  const example = byId("example", HTMLPreElement);
  example.textContent = `curl '${location.origin}/tr?id=1234567890&ev=Lead&eid=lead-1'

curl ${location.origin}/v27.0/1234567890/events \\
  -H 'authorization: Bearer any-token' -H 'content-type: application/json' \\
  -d '{"data":[{"event_name":"Lead","event_id":"lead-1","event_time":'$(date +%s)',
       "action_source":"website","event_source_url":"https://shop.example/",
       "user_data":{"external_id":"anyone"}}]}'`;
  copyOnClick(byId("copy-example", HTMLButtonElement), example);
}
