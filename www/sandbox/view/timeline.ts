// Draws the timeline: browser's copies above, server's copies below, lines where two met, rings where one is
// missing.

import { drawing } from "../../element.ts";
import type { Item } from "../model/items.ts";
import { type Column, columnAt, layOut, type Line, type Pause, type Timeline } from "../model/timeline.ts";
import { clock, counted, span } from "../model/words.ts";

const HEIGHT = 122;
const LANE = { browser: 30, server: 84 };
const MARGIN = { left: 84, right: 18 };

export class TimelineView {
  readonly #place: HTMLElement;
  #items: Item[] = [];
  #timeline: Timeline | undefined;
  #width = 0;
  readonly #selection = drawing("rect", {
    class: "selection",
    y: "4",
    width: "13",
    height: String(HEIGHT - 22),
    rx: "6",
  });

  /** `choose` is told the key of the newest item where the reader clicked. */
  constructor(place: HTMLElement, choose: (key: string) => void) {
    this.#place = place;
    place.addEventListener("click", (event) => {
      const x = event.clientX - place.getBoundingClientRect().left - MARGIN.left;
      const column = this.#timeline && columnAt(this.#timeline, x);
      if (column) choose(column.newest);
    });
    new ResizeObserver(() => {
      if (place.clientWidth !== this.#width) this.show(this.#items);
    }).observe(place);
  }

  show(items: Item[]): void {
    this.#items = items;
    this.#width = this.#place.clientWidth;
    const width = Math.max(40, this.#width - MARGIN.left - MARGIN.right);
    this.#timeline = layOut(items, width);
    if (this.#timeline) this.#place.replaceChildren(this.#draw(this.#timeline, width));
    else this.#place.replaceChildren();
  }

  /** Marks the place of an item. */
  select(item: Item | undefined): void {
    const { event } = item ?? {};
    const time = event?.browser?.received_at_millis ?? item?.millis;
    const column =
      time === undefined
        ? undefined
        : this.#timeline?.columns.find(({ fromMillis, toMillis }) => fromMillis <= time && time <= toMillis);
    this.#selection.setAttribute("visibility", column ? "visible" : "hidden");
    if (column) this.#selection.setAttribute("x", String(column.x - 6.5));
  }

  #draw({ columns, lines, pauses, fromMillis, toMillis }: Timeline, width: number): SVGElement {
    const label = (text: string, y: number) =>
      drawing("text", { class: "lane-name", x: "0", y: String(y + 4) }, text);
    const inside = drawing(
      "g",
      { transform: `translate(${MARGIN.left} 0)` },
      this.#selection,
      ...(["browser", "server"] as const).map((side) =>
        drawing("path", { class: `rail ${side}`, d: `M-6 ${LANE[side]}H${width + 6}` }),
      ),
      ...pauses.map(pauseMark),
      ...lines.map(lineMark),
      ...columns.flatMap(columnMarks),
      drawing("text", { class: "time", x: "0", y: String(HEIGHT - 3) }, clock(fromMillis)),
      ...(toMillis > fromMillis
        ? [drawing("text", { class: "time end", x: String(width), y: String(HEIGHT - 3) }, clock(toMillis))]
        : []),
    );
    return drawing(
      "svg",
      {
        width: String(this.#width),
        height: String(HEIGHT),
        role: "img",
        "aria-label": inWords({ columns, lines, pauses, fromMillis, toMillis }),
      },
      label("browser", LANE.browser),
      label("server", LANE.server),
      inside,
    );
  }
}

function inWords({ columns, fromMillis, toMillis }: Timeline): string {
  const sum = (field: "browser" | "server" | "missingBrowser" | "missingServer" | "refused") =>
    columns.reduce((total, column) => total + column[field], 0);
  return (
    `From ${clock(fromMillis)} to ${clock(toMillis)}: ${sum("browser")} browser copies, ${sum("server")} server copies; ` +
    `${sum("missingServer")} events without a server copy, ${sum("missingBrowser")} without a browser copy, ` +
    `${sum("refused")} refused requests. The list below has the same events.`
  );
}

function pauseMark({ x, millis }: Pause): SVGElement {
  const d = `M${x} ${LANE.browser - 12}V${LANE.server + 12}`;
  return drawing("g", { class: "pause" }, titled(`nothing for ${span(millis)}`), drawing("path", { d }));
}

function lineMark({ from, to, count }: Line): SVGElement {
  const middle = (LANE.browser + LANE.server) / 2;
  const d = `M${from} ${LANE.browser}C${from} ${middle} ${to} ${middle} ${to} ${LANE.server}`;
  return drawing("path", { class: "meeting", d, "stroke-width": (1.5 + grown(count)).toFixed(1) });
}

function columnMarks(column: Column): SVGElement[] {
  const { x, browser, server, missingServer, missingBrowser, refused } = column;
  const marks: SVGElement[] = [];
  const dot = (side: "browser" | "server", count: number) =>
    drawing("circle", {
      class: side,
      cx: String(x),
      cy: String(LANE[side]),
      r: (3.5 + grown(count)).toFixed(1),
    });
  const gap = (side: "browser" | "server", count: number) => {
    const way = side === "server" ? -1 : 1;
    const from = LANE[side === "server" ? "browser" : "server"];
    return [
      drawing("path", { class: "gap", d: `M${x} ${from}V${LANE[side] + way * 24}` }),
      drawing("circle", {
        class: "gap",
        cx: String(x),
        cy: String(LANE[side]),
        r: (4.5 + grown(count)).toFixed(1),
      }),
    ];
  };
  if (missingServer > 0) marks.push(...gap("server", missingServer));
  if (missingBrowser > 0) marks.push(...gap("browser", missingBrowser));
  if (browser > 0) marks.push(dot("browser", browser));
  if (server > 0) marks.push(dot("server", server));
  if (refused > 0) {
    const y = LANE.server + 15;
    marks.push(drawing("path", { class: "refused", d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` }));
  }
  const parts = [
    browser > 0 && counted(browser, "browser copy").replace("copys", "copies"),
    server > 0 && counted(server, "server copy").replace("copys", "copies"),
    missingServer > 0 && `${missingServer} without a server copy`,
    missingBrowser > 0 && `${missingBrowser} without a browser copy`,
    refused > 0 && counted(refused, "refused request"),
  ].filter((part) => part !== false);
  return [
    drawing("g", { class: "column" }, titled(`${clock(column.fromMillis)}: ${parts.join(", ")}`), ...marks),
  ];
}

function titled(text: string): SVGElement {
  return drawing("title", {}, text);
}

/** More copies make a larger mark: 0 for one, 1.5 for ten, 3 for a hundred. */
const grown = (count: number) => 1.5 * Math.log10(Math.max(1, count));
