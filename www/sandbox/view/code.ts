// Code with a button that copies it.

import { element } from "../../element.ts";

const SAID_MILLIS = 2000;

export function codeBox(text: string): HTMLElement {
  const code = element("pre", { tabindex: "0", "aria-label": "Code" }, text);
  const button = element("button", { type: "button" }, "Copy");
  copyOnClick(button, code);
  return element("div", { class: "code" }, code, button);
}

/** Makes a button copy the text. Where the clipboard is closed (plain http), it selects the text instead. */
export function copyOnClick(button: HTMLButtonElement, code: HTMLElement): void {
  button.addEventListener("click", () => {
    void copy(code).then((said) => {
      button.textContent = said;
      setTimeout(() => (button.textContent = "Copy"), SAID_MILLIS);
    });
  });
}

async function copy(code: HTMLElement): Promise<string> {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return "Copied";
  } catch {
    getSelection()?.selectAllChildren(code);
    return "Selected";
  }
}
