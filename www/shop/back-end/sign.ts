// Signs the body of a webhook: HMAC-SHA-256.

const bytes = (text: string) => new TextEncoder().encode(text);

async function hmac(secret: string | undefined, text: string): Promise<number[]> {
  if (secret === undefined || secret === "") throw new Error("the shop has no secret for this webhook");
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(secret), algorithm, false, ["sign"]);
  return [...new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(text)))];
}

/** Returns the signature in base64, as WooCommerce and Shopify send it. */
export const inBase64 = async (secret: string | undefined, text: string): Promise<string> =>
  btoa(String.fromCharCode(...(await hmac(secret, text))));

/** Returns the signature in hexadecimal, as Stripe sends it. */
export const inHex = async (secret: string | undefined, text: string): Promise<string> =>
  (await hmac(secret, text)).map((byte) => byte.toString(16).padStart(2, "0")).join("");
