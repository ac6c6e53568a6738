// Lists the shop's products, for the pages and for the back end. The back end trusts no price from a page.

/** A kite. Its picture is the symbol of the same name in kites.svg, its sky a class in shop.css. */
export interface Product {
  id: string;
  name: string;
  /** One line for the list. */
  line: string;
  /** A paragraph for its own page. */
  story: string;
  /** The facts: a name and a value each. */
  facts: [string, string][];
  priceCents: number;
  sky: "noon" | "dawn" | "mist" | "dusk" | "meadow" | "storm";
}

export const CURRENCY = "EUR";

export const PRODUCTS: readonly Product[] = [
  {
    id: "diamond",
    name: "Diamond",
    line: "The one you drew as a child.",
    story:
      "Two sticks, one sail, a tail with bows. It goes up on the first try and stays there while you unpack lunch.",
    facts: [
      ["Wind", "6 to 20 km/h"],
      ["Span", "70 cm"],
      ["Lines", "1"],
    ],
    priceCents: 1950,
    sky: "noon",
  },
  {
    id: "rokkaku",
    name: "Rokkaku",
    line: "Six corners, no tail, very calm.",
    story:
      "A fighting kite from Sanjō that turned out to be the steadiest flyer there is. Ours has the sun on it.",
    facts: [
      ["Wind", "5 to 30 km/h"],
      ["Span", "120 cm"],
      ["Lines", "1"],
    ],
    priceCents: 6400,
    sky: "dawn",
  },
  {
    id: "delta",
    name: "Delta",
    line: "Flies when nothing else does.",
    story:
      "Wide wings and a keel. In the faintest breeze it climbs, and from then on it only wants to be let out further.",
    facts: [
      ["Wind", "3 to 18 km/h"],
      ["Span", "190 cm"],
      ["Lines", "1"],
    ],
    priceCents: 3490,
    sky: "mist",
  },
  {
    id: "box",
    name: "Box",
    line: "Carried the first thermometers aloft.",
    story:
      "Four spars and two cells of cotton. Invented in 1893, soon at work carrying thermometers, and still like nothing else up there.",
    facts: [
      ["Wind", "12 to 40 km/h"],
      ["Span", "60 cm"],
      ["Lines", "1"],
    ],
    priceCents: 4800,
    sky: "meadow",
  },
  {
    id: "stunt",
    name: "Stunt",
    line: "Two lines, loops, and a hum.",
    story: "Pull left, it turns left. Pull harder and it draws circles so tight that you hear them.",
    facts: [
      ["Wind", "8 to 45 km/h"],
      ["Span", "165 cm"],
      ["Lines", "2"],
    ],
    priceCents: 8900,
    sky: "dusk",
  },
  {
    id: "sled",
    name: "Sled",
    line: "Rolls up and fits a coat pocket.",
    story:
      "No cross spar, so the wind itself holds it open. Keep it in the coat for the day that turns out windy.",
    facts: [
      ["Wind", "8 to 25 km/h"],
      ["Span", "55 cm"],
      ["Lines", "1"],
    ],
    priceCents: 1290,
    sky: "storm",
  },
];

/** Returns the product with this id. */
export function product(id: unknown): Product | undefined {
  return PRODUCTS.find((each) => each.id === id);
}
