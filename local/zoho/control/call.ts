import type { Json } from "../core/json.ts";
import type { Org } from "../org/org.ts";

export interface ControlCall {
  org: Org;
  params: Record<string, string>;
  query: URLSearchParams;
  body: Json | undefined;
}

/** A request of the control API that makes no sense; its message is the reply. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}
