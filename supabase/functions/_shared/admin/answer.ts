// What every answer of zoho-admin has in common.

export type Answered<T> = { success: true } & T;

export interface RefusedAnswer {
  success: false;
  error: { code: string; message: string; field?: string; hint?: string };
}

/** A page of a list; `next` is the `after` of the page behind it, null on the last one. */
export interface ListPage<T> {
  items: T[];
  next: string | null;
}

/** Beside the status: who asks, and whether they may act or only read. */
export interface CallerAnswer {
  caller: { role: string | null; mayAct: boolean };
}
