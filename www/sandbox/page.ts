// The sandbox's page: shows what its reader reports, and passes the wishes of the person on to the sandbox.

import { byId, element } from "../element.ts";
import { itemsOf } from "./model/items.ts";
import { overall } from "./model/quality.ts";
import type { Report } from "./model/report.ts";
import { Store } from "./model/store.ts";
import { datasetsOf, inOrder, totalsByName } from "./model/totals.ts";
import type { News, Order } from "./reader.ts";
import { Choice } from "./view/choice.ts";
import { ClockControl } from "./view/clock.ts";
import { confirmed } from "./view/confirm.ts";
import { FaultControl } from "./view/fault.ts";
import { listen } from "./view/keys.ts";
import { List } from "./view/list.ts";
import { namesTable } from "./view/names.ts";
import { Panel } from "./view/panel.ts";
import { overallQuality } from "./view/quality.ts";
import { requestRow } from "./view/request-row.ts";
import { showCounts, showState } from "./view/state.ts";
import { TimelineView } from "./view/timeline.ts";
import { welcome } from "./view/welcome.ts";

/** The list of requests shows the newest. */
const MAX_REQUESTS = 30;
const RESTART_AFTER_MILLIS = 1000;

type Head = Omit<Report, "events" | "requests">;

const store = new Store();
const eventsPlace = byId("events", HTMLDivElement);
const choice = new Choice(() => showItems());
const panel = new Panel(() => eventsPlace.focus({ preventScroll: true }));
const list = new List(eventsPlace, (item, isOpened) => {
  timeline.select(item);
  if (isOpened || panel.isOpen) panel.show(item);
});
const timeline = new TimelineView(byId("timeline", HTMLDivElement), (key) => {
  list.activate(key);
  const item = list.active;
  if (item) panel.show(item);
  timeline.select(item);
});
const fault = new FaultControl((wish) => void tell("/api/fault", wish === null ? "DELETE" : "PUT", wish));
const clock = new ClockControl((seconds) => {
  const wish = seconds === null ? null : { advance_seconds: seconds };
  void tell("/api/clock", wish === null ? "DELETE" : "PUT", wish);
});
const pause = byId("pause", HTMLButtonElement);

let head: Head | undefined;
let isPaused = false;
let reader = startReader();

listen(eventsPlace, choice.search, {
  move: (key) => list.press(key),
  open: () => {
    const item = list.active;
    if (item === undefined) return;
    panel.show(item);
    panel.focus();
  },
  close: () => panel.close(),
  search: () => choice.search.select(),
});
pause.addEventListener("click", () => {
  isPaused = !isPaused;
  pause.textContent = isPaused ? "Go on" : "Pause";
  pause.setAttribute("aria-pressed", String(isPaused));
  if (isPaused) showState("paused");
  order(isPaused ? "pause" : "resume");
});
document.addEventListener("visibilitychange", () => {
  if (!isPaused) order(document.hidden ? "pause" : "resume");
});
byId("forget", HTMLButtonElement).addEventListener("click", () => {
  void confirmed(head?.totals.events ?? 0, head?.total_requests ?? 0).then((isWanted) => {
    if (isWanted) void tell("/api/events", "DELETE", null);
  });
});
welcome();
void offerMore();

function startReader(): Worker {
  const worker = new Worker("/reader.js");
  worker.addEventListener("message", ({ data }: MessageEvent<News>) => hear(data));
  worker.addEventListener("error", () => {
    worker.terminate();
    showState("away");
    setTimeout(() => (reader = startReader()), RESTART_AFTER_MILLIS);
  });
  return worker;
}

function order(order: Order): void {
  reader.postMessage(order);
}

function hear(news: News): void {
  if (news.kind === "away") return showState("away");
  showState(isPaused ? "paused" : "live");
  if (news.kind === "same") return clock.show(news.nowMillis, Date.now());
  store.take(news.changes);
  if (news.changes.reset) panel.close();
  head = news.head;
  // The first part of a large report shows at once, the rest when it is complete.
  if (news.changes.reset || news.isLast) setTimeout(() => showHead(news.head));
}

/** Asks the sandbox for a change, and shows it at once. */
async function tell(path: string, method: string, body: object | null): Promise<void> {
  const problem = byId("problem", HTMLParagraphElement);
  try {
    const wish =
      body === null ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const answer = await fetch(path, { method, ...wish });
    problem.hidden = answer.ok;
    if (!answer.ok) problem.textContent = `The sandbox answered ${answer.status}: ${await sentence(answer)}`;
    order("look");
  } catch {
    showState("away");
  }
}

async function sentence(answer: Response): Promise<string> {
  try {
    const { error } = (await answer.json()) as { error: { message: string } };
    return error.message;
  } catch {
    return "without a reason.";
  }
}

/** Shows the controls that only a newer sandbox has. */
async function offerMore(): Promise<void> {
  const answer = await fetch("/api/clock").catch(() => undefined);
  if (answer?.ok !== true) return;
  byId("clock-section", HTMLElement).hidden = false;
  for (const control of document.querySelectorAll<HTMLElement>(".newer")) control.hidden = false;
}

function showHead(now: Head): void {
  showCounts(now.counts);
  fault.show(now.fault);
  clock.show(now.now_millis, Date.now());
  showItems();
  // Apart from the list, so that none of them holds up a frame.
  setTimeout(showTotals);
  setTimeout(showQuality);
  setTimeout(showRequests);
}

function showItems(): void {
  const items = itemsOf({ events: store.events(), requests: store.requests() }, choice.wish);
  list.show(items);
  const open = items.find(({ key }) => key === panel.key);
  if (open) panel.show(open);
  const isEmpty = head !== undefined && head.totals.events === 0 && head.total_requests === 0;
  byId("empty", HTMLDivElement).hidden = !isEmpty;
  byId("none", HTMLParagraphElement).hidden = isEmpty || items.length > 0 || head === undefined;
  byId("keys", HTMLParagraphElement).hidden = items.length === 0;
  byId("timeline-section", HTMLElement).hidden = items.length === 0;
  setTimeout(() => {
    timeline.show(items);
    timeline.select(list.active);
  });
}

function showTotals(): void {
  const totals = head?.by_name === undefined ? totalsByName(store.onlyEvents()) : inOrder(head.by_name);
  choice.offer(totals, datasetsOf(store.onlyEvents()));
  byId("names-section", HTMLElement).hidden = totals.length === 0;
  refill(
    byId("names", HTMLDivElement),
    namesTable(totals, (name) => choice.set({ name })),
  );
}

function showQuality(): void {
  const quality = overall(store.onlyEvents());
  byId("quality-section", HTMLElement).hidden = quality.events === 0;
  refill(byId("quality", HTMLDivElement), overallQuality(quality));
}

function showRequests(): void {
  const requests = [...store.requests()].slice(0, MAX_REQUESTS).map(([, request]) => requestRow(request));
  const total = head?.total_requests ?? 0;
  const rest =
    total > requests.length && element("li", { class: "soft" }, `of ${total.toLocaleString("en")}`);
  byId("requests", HTMLOListElement).replaceChildren(...requests, ...(rest === false ? [] : [rest]));
}

/** Replaces the content, unless it is the same: a button in it may have the focus. */
function refill(place: HTMLElement, content: HTMLElement): void {
  if (place.firstElementChild?.isEqualNode(content) !== true) place.replaceChildren(content);
}
