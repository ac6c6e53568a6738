// Makes elements from plain values. A string becomes text, never markup, because the content of events is not
// trusted.

/** The content of an element. `false` is no content. */
export type Child = Node | string | false;

/** Makes an HTML element with these attributes and this content. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string> = {},
  ...content: Child[]
): HTMLElementTagNameMap[Name] {
  return filled(document.createElement(name), attributes, content);
}

/** Makes an SVG element with these attributes and this content. */
export function drawing<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Record<string, string> = {},
  ...content: Child[]
): SVGElementTagNameMap[Name] {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, content);
}

function filled<Made extends Element>(
  made: Made,
  attributes: Record<string, string>,
  content: Child[],
): Made {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content.filter((child) => child !== false));
  return made;
}

/** Returns the page's element with this id. Throws if there is none: page and script belong together. */
export function byId<Kind extends HTMLElement>(id: string, kind: { new (): Kind; prototype: Kind }): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} with the id ${id}`);
}
