// Resolves addresses as the host does.

/**
 * Returns the address as the host resolves it.
 *
 * @throws {TypeError} if the address is invalid or missing
 */
export const resolve = (address: unknown): URL => new URL((address ?? "//") as string, document.baseURI);
