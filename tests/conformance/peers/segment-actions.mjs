// Segment's destination for the Conversions API (@segment/action-destinations), run by the conformance suite: the
// function with which its cloud hashes customer information.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { answer, forFields, UNSUPPORTED } from "./answer.mjs";

const require = createRequire(import.meta.url);
const folder = dirname(require.resolve("@segment/action-destinations/package.json"));
const { hash_user_data } = require(
  join(folder, "dist/destinations/facebook-conversions-api/fb-capi-user-data.js"),
);
/** Its names for Meta's keys. */
const NAMES = {
  em: "email",
  ph: "phone",
  fn: "firstName",
  ln: "lastName",
  db: "dateOfBirth",
  ge: "gender",
  ct: "city",
  st: "state",
  zp: "zip",
  country: "country",
  external_id: "externalId",
};

answer(
  forFields(({ field, value, defaultCountry }) => {
    if (defaultCountry !== undefined) return UNSUPPORTED;
    const hashes = hash_user_data({ user_data: { [NAMES[field]]: value } })[field];
    return {
      hashes: (Array.isArray(hashes) ? hashes : [hashes]).filter(
        (hash) => typeof hash === "string" && hash !== "",
      ),
    };
  }),
);
