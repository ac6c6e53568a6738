// Meta's business SDK for Node (facebook-nodejs-business-sdk), run by the conformance suite.

import sdk from "facebook-nodejs-business-sdk";
import { answer, forFields, UNSUPPORTED } from "./answer.mjs";

const { Content, CustomData, ServerEvent, UserData } = sdk;
/** Its setters for Meta's keys. */
const SETTERS = {
  em: "setEmail",
  ph: "setPhone",
  fn: "setFirstName",
  ln: "setLastName",
  db: "setDateOfBirth",
  ge: "setGender",
  ct: "setCity",
  st: "setState",
  zp: "setZip",
  country: "setCountry",
};

answer({
  ...forFields(({ field, value, defaultCountry }) => {
    // It does not hash an external id, and knows no country of a phone number.
    if (defaultCountry !== undefined || SETTERS[field] === undefined) return UNSUPPORTED;
    let normalized;
    try {
      normalized = new UserData()[SETTERS[field]](value).normalize();
    } catch {
      // It throws for a value that it does not accept. The event is lost, but nothing wrong is sent.
      return { hashes: [] };
    }
    const hashes = normalized[field];
    return { hashes: (Array.isArray(hashes) ? hashes : [hashes]).filter((hash) => typeof hash === "string") };
  }),
  "event-error": ({ event }) => {
    const { user_data: person = {}, custom_data: custom } = event;
    // It hashes what is not hashed.
    if (person.em?.some((value) => !/^[0-9a-f]{64}$/.test(value))) return UNSUPPORTED;
    try {
      const built = new ServerEvent()
        .setEventName(event.event_name)
        .setEventTime(event.event_time)
        .setEventId(event.event_id)
        .setActionSource(event.action_source)
        .setEventSourceUrl(event.event_source_url)
        .setUserData(
          new UserData()
            .setEmails(person.em)
            .setCountry(person.country?.[0])
            .setFbp(person.fbp)
            .setClientUserAgent(person.client_user_agent)
            .setClientIpAddress(person.client_ip_address),
        );
      if (custom !== undefined) {
        const contents = custom.contents?.map(({ id, quantity }) =>
          new Content().setId(id).setQuantity(quantity),
        );
        built.setCustomData(
          new CustomData().setValue(custom.value).setCurrency(custom.currency).setContents(contents),
        );
      }
      built.normalize();
      return { accepted: true };
    } catch {
      return { accepted: false };
    }
  },
});
