// Draws an event: the browser's lane and the server's, the fields that bind them, and the point where they
// join.

import { drawing } from "../../element.ts";
import type { SeenEvent } from "../../report.ts";

type Field = "event_id" | "fbp" | "fbc" | "em";

/** The fields that bind two copies, and the hash of the e-mail address, in the order of the drawing. */
const CLASPS: { field: Field; label: string }[] = [
  { field: "event_id", label: "id" },
  { field: "fbp", label: "fbp" },
  { field: "fbc", label: "fbc" },
  { field: "em", label: "em" },
];

const LANE = { browser: 15, server: 39 };
const FIRST_CLASP = 26;
const CLASP_WIDTH = 34;
const CLASP_GAP = 5;
const JOIN = { x: 232, y: 27 };

type Relation = "equal" | "different" | "browser" | "server" | "none";

/** Returns the value of a field; "" if there is none. Of several e-mail addresses it returns the first. */
function valueOf(copy: SeenEvent["browser"] | SeenEvent["server"], field: Field): string {
  if (field !== "em") return copy?.[field] ?? "";
  const later = copy !== null && "later_user_data" in copy ? copy.later_user_data?.["em"] : undefined;
  const [first] = [copy?.user_data["em"] ?? later].flat();
  return typeof first === "string" ? first : "";
}

/** Compares one field of the two copies. */
function relation(event: SeenEvent, field: Field): Relation {
  const [browser, server] = [valueOf(event.browser, field), valueOf(event.server, field)];
  if (browser !== "" && server !== "") return browser === server ? "equal" : "different";
  if (browser !== "") return "browser";
  return server !== "" ? "server" : "none";
}

/** The pictures by what they show. There are a few hundred at most, and a copy is quicker than a drawing. */
const drawn = new Map<string, SVGElement>();

/** Returns the picture, with its meaning in words for screen readers. */
export function lanes(event: SeenEvent): Node {
  const relations = CLASPS.map(({ field }) => relation(event, field));
  const sides = [event.browser === null, event.server === null, event.merged, event.merged_by];
  const key = [...relations, ...sides].join();
  let picture = drawn.get(key);
  if (picture === undefined) drawn.set(key, (picture = draw(event)));
  return picture.cloneNode(true);
}

function draw(event: SeenEvent): SVGElement {
  return drawing(
    "svg",
    { class: "lanes", viewBox: "0 0 250 54", role: "img", "aria-label": inWords(event) },
    ...(["browser", "server"] as const).flatMap((side) => lane(side, event)),
    ...CLASPS.flatMap(({ field, label }, index) => {
      const x = FIRST_CLASP + index * (CLASP_WIDTH + CLASP_GAP);
      return clasp(relation(event, field), label, x, event.merged_by === field);
    }),
    drawing("circle", {
      class: event.merged ? "join" : "join open",
      cx: String(JOIN.x),
      cy: String(JOIN.y),
      r: "9",
    }),
    ...(event.merged
      ? [drawing("path", { class: "tick", d: `M${JOIN.x - 4} ${JOIN.y}l3 3.5 5.5-6.5` })]
      : []),
  );
}

function lane(side: "browser" | "server", event: SeenEvent): SVGElement[] {
  const y = LANE[side];
  const there = event[side] !== null;
  const straight = `M9 ${y}H188`;
  const path = event.merged ? `${straight}C210 ${y} 206 ${JOIN.y} ${JOIN.x} ${JOIN.y}` : `${straight}H206`;
  const state = `${side}${there ? "" : " missing"}`;
  return [
    drawing("path", { class: `lane ${state}`, d: path }),
    drawing("circle", { class: `end ${state}`, cx: "9", cy: String(y), r: "6" }),
  ];
}

/**
 * Draws one clasp over both lanes if the values are equal. Else draws a tag on each lane that has a value.
 */
function clasp(relation: Relation, label: string, x: number, binds: boolean): SVGElement[] {
  const middle = String(x + CLASP_WIDTH / 2);
  const box = (kind: string, y: number, height: number) => [
    drawing("rect", {
      class: `clasp ${kind}`,
      x: String(x),
      y: String(y),
      width: String(CLASP_WIDTH),
      height: String(height),
      rx: "8",
    }),
    drawing("text", { class: `label ${kind}`, x: middle, y: String(y + height / 2 + 4) }, label),
  ];
  const tag = (kind: string, side: "browser" | "server") => box(`${kind} tag`, LANE[side] - 9, 18);
  switch (relation) {
    case "equal":
      return box(binds ? "equal binds" : "equal", LANE.browser - 11, LANE.server - LANE.browser + 22);
    case "different":
      return [...tag("different", "browser"), ...tag("different", "server")];
    case "none":
      return [];
    default:
      return tag("alone", relation);
  }
}

function inWords(event: SeenEvent): string {
  const copies = (["browser", "server"] as const).filter((side) => event[side] !== null).join(" and ");
  const fields = CLASPS.map(({ field }) => ({ field, is: relation(event, field) }));
  const spoken = fields
    .filter(({ is }) => is === "equal" || is === "different")
    .map(({ field, is }) => `${field.replace("_", " ")} ${is}`);
  return [`copies from ${copies || "nowhere"}`, ...spoken].join(", ");
}
