// Resolves addresses as the browser does.

/**
 * Returns the address as the browser resolves it: relative to the document's base.
 *
 * @throws {TypeError} if the address is invalid or missing
 */
export const resolve = (address: unknown): URL => new URL((address ?? "//") as string, document.baseURI);
