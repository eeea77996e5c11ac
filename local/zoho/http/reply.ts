import type { Json, JsonObject } from "../core/json.ts";

export interface Reply {
  status: number;
  body?: Json;
  /** Instead of a JSON body. */
  text?: string;
  contentType?: string;
  headers?: Record<string, string>;
}

/** How the reply leaves, once the work behind it is done. */
export type Ending =
  | { kind: "whole" }
  | { kind: "cut" }
  | { kind: "silent" }
  | { kind: "hang"; ms: number | undefined }
  | { kind: "half" }
  | { kind: "drip"; ms: number };

export interface Outgoing {
  reply: Reply;
  ending: Ending;
}

/** One error in Zoho's envelope: bare, or as an item of `data[]`, `fields[]` or `watch[]` (facts §5). */
export interface ErrorItem extends JsonObject {
  code: string;
  details: JsonObject;
  message: string;
  status: "error";
}

export function errorItem(code: string, message: string, details: JsonObject = {}): ErrorItem {
  return { code, details, message, status: "error" };
}

/** An error that is the whole answer, not one item of it. */
export function refusal(code: string, message: string, details: JsonObject = {}, status = 400): Reply {
  return { status, body: errorItem(code, message, details) };
}

export const noContent: Reply = { status: 204 };
export const notModified: Reply = { status: 304 };

/** A reply that some code far down decides on: thrown, and answered by the router. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly reply: Reply;

  constructor(reply: Reply) {
    super("refused");
    this.reply = reply;
  }
}

export function refuseCall(code: string, message: string, details: JsonObject = {}, status = 400): never {
  throw new Refused(refusal(code, message, details, status));
}
