// Asks before everything is forgotten.

import { byId } from "../../element.ts";
import { counted } from "../model/words.ts";

/** Returns true if the person confirms. */
export async function confirmed(events: number, requests: number): Promise<boolean> {
  const dialog = byId("confirm", HTMLDialogElement);
  byId("confirm-text", HTMLParagraphElement).textContent =
    `The sandbox forgets ${counted(events, "event")} and ${counted(requests, "request")}. This cannot be undone.`;
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  return dialog.returnValue === "forget";
}
