// A finding of `capi-bridge doctor`.

/** One thing that the doctor looked at. */
export interface Finding {
  /** `ok`; `warning`: look at it; `problem`: it does not work, or will soon not work. */
  level: "ok" | "warning" | "problem";
  /** The part of the set-up: `token`, `dataset 123`, `clock`. */
  about: string;
  /** The finding, as a sentence. It never has a secret. */
  says: string;
  /** The next step for the operator. */
  todo?: string;
}

export const ok = (about: string, says: string): Finding => ({ level: "ok", about, says });
export const warning = (about: string, says: string, todo: string): Finding => ({
  level: "warning",
  about,
  says,
  todo,
});
export const problem = (about: string, says: string, todo: string): Finding => ({
  level: "problem",
  about,
  says,
  todo,
});
