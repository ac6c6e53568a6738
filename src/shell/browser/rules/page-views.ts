// Counts PageViews: one per navigation and dataset. Others are duplicates.

/** The PageViews of a page. */
export interface PageViews {
  /** Compares the address with the last one. Returns true if the page has navigated. */
  hasNavigated(url: string): boolean;
  /** Counts a navigation that changed no address, such as the return from the back/forward cache. */
  navigate(): void;
  /** Returns true once the page has navigated. */
  isLater(): boolean;
  /** Returns the datasets that had a PageView before, but not since the last navigation. */
  unseen(): string[];
  /**
   * Returns the datasets for which a PageView is the first of the navigation, and counts it. Returns undefined for a
   * duplicate. With `takesAll`, none is a duplicate.
   */
  first(to: string[], takesAll: boolean): string[] | undefined;
}

/** Starts to count, before the first PageView of the page. */
export function pageViews(): PageViews {
  /** The navigation in which each dataset had its last PageView. */
  const seen = new Map<string, number>();
  let navigation = 0;
  let address: string | undefined;

  return {
    hasNavigated(url) {
      const isNew = address !== undefined && address !== url;
      address = url;
      if (isNew) navigation++;
      return isNew;
    },
    navigate() {
      navigation++;
    },
    isLater: () => navigation > 0,
    unseen: () => [...seen.keys()].filter((dataset) => seen.get(dataset) !== navigation),
    first(to, takesAll) {
      const first = takesAll ? to : to.filter((dataset) => seen.get(dataset) !== navigation);
      if (to.length > 0 && first.length === 0) return undefined;
      for (const dataset of first) seen.set(dataset, navigation);
      return first;
    },
  };
}
