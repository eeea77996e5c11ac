/** Answers of random shape, as Zoho, a proxy or a broken wire might give them; the same seed gives the same ones. */

import { seeded } from "../../local/zoho/core/random.ts";

type Json = Record<string, unknown>;

export interface RandomAnswer {
  status: number;
  /** Null where the answer has no content. */
  body: unknown;
  /** What goes over the wire: the body as JSON, cut somewhere, or no JSON at all. */
  text: string | null;
  isWhole: boolean;
}

const statuses = [
  ...[200, 200, 200, 200, 201, 202, 207, 207, 204, 304, 302],
  ...[400, 400, 400, 401, 403, 403, 404, 404, 405, 409, 412, 413, 415, 429, 500, 502, 503, 504],
];
const codes = [
  ...["INVALID_DATA", "INVALID_DATA", "NO_PERMISSION", "INVALID_MODULE", "INVALID_QUERY", "SYNTAX_ERROR"],
  ...["RECORD_LOCKED", "DUPLICATE_DATA", "NOT_ALLOWED", "EXPIRED_VALUE", "NOT_SUBSCRIBED", "NEVER_SEEN", ""],
  ...[
    "INVALID_TOKEN",
    "OAUTH_SCOPE_MISMATCH",
    "TOO_MANY_REQUESTS",
    "INTERNAL_ERROR",
    "SUCCESS",
    "constructor",
  ],
];
const paths = [
  ...["$.data[0].id", "$.data[0].Account_Name.id", "$.data[1].Quoted_Items[0].Product_Name.id", "$.data[0]"],
  ...["$.data[0].Quoted_Items[3].Quantity", "$", "", "$.data[0].Stage", "$.data[x].Stage", "$.fields[0].a"],
];
const messages = ["the id given seems to be invalid", "record added", "record updated", "invalid data", ""];
const ids = ["1", "1", "2", "2", "3", "", "999999999999999999"];

export function randomAnswers(seed: number): () => RandomAnswer {
  const random = seeded(seed);
  const chance = (share: number) => random() < share;
  function pick<T>(from: readonly T[]): T {
    const found = from[Math.floor(random() * from.length)];
    if (found === undefined) throw new RangeError("nothing to pick from");
    return found;
  }
  const maybe = (share: number, values: Json): Json => chance(share) ? values : {};
  const list = <T>(most: number, make: () => T): T[] =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, make);
  const oddValue = () => pick<unknown>([null, 7, "text", [], {}, true, [null], { id: 7 }]);

  const details = (): Json => ({
    ...maybe(0.6, { api_name: pick<unknown>(["id", "Stage", "Account_Name", 7, ""]) }),
    ...maybe(0.6, { json_path: pick<unknown>([...paths, 7, null]) }),
    ...maybe(0.5, { id: pick<unknown>([...ids, 7, null]) }),
    ...maybe(0.2, { duplicate_record: pick<unknown>([{ id: "42" }, { id: 42 }, {}, null]) }),
    ...maybe(0.2, { supported_values: pick<unknown>([["a", "b"], [1], "a", null]) }),
    ...maybe(0.2, { events: list(2, () => ({ channel_id: "1", resource_name: "Deals" })) }),
  });
  const refusal = (): Json => ({
    code: chance(0.95) ? pick(codes) : oddValue(),
    details: chance(0.9) ? details() : oddValue(),
    message: pick(messages),
    status: "error",
  });
  const success = (): Json => ({
    code: "SUCCESS",
    details: { ...details(), ...maybe(0.9, { id: pick(ids) }) },
    message: pick(messages),
    status: chance(0.95) ? "success" : pick(["error", "", null]),
    ...maybe(0.3, { action: pick(["insert", "update", "x"]) }),
  });
  const record = (): Json => ({
    ...maybe(0.9, { id: chance(0.95) ? pick(ids) : oddValue() }),
    ...maybe(0.7, { Account_Name: pick(["Karoo", "O'Brien", null, 7]) }),
    ...maybe(0.3, { api_name: pick(["Stage", "Amount"]), data_type: "text", unique: pick([{}, null, 7]) }),
    ...maybe(0.3, { Stage: "Closed Won", Quoted_Items: pick<unknown>([[], null, [{ id: "9" }]]) }),
  });
  const item = () => {
    const kind = random();
    if (kind < 0.35) return record();
    if (kind < 0.65) return refusal();
    return kind < 0.92 ? success() : oddValue();
  };
  const info = (): Json => ({
    info: chance(0.9)
      ? {
        ...maybe(0.8, { more_records: pick<unknown>([false, false, false, true, "true", null]) }),
        ...maybe(0.3, { next_page_token: pick<unknown>(["t", "", 7]) }),
      }
      : oddValue(),
  });
  const body = (): unknown => {
    const kind = random();
    if (kind < 0.2) return refusal();
    if (kind < 0.75) {
      return { [pick(["data", "data", "data", "fields", "watch"])]: list(3, item), ...maybe(0.6, info()) };
    }
    if (kind < 0.85) return { [pick(["data", "fields", "watch", "users"])]: oddValue() };
    if (kind < 0.9) {
      return { error: pick(["invalid_code", "Access Denied", "general_error", "x"]), location: "us" };
    }
    return kind < 0.95 ? success() : oddValue();
  };

  return () => {
    const status = pick(statuses);
    if (status === 204 || status === 304) return { status, body: null, text: null, isWhole: true };
    const value = body();
    const json = JSON.stringify(value);
    if (chance(0.1)) {
      return { status, body: value, text: json.slice(0, Math.floor(random() * json.length)), isWhole: false };
    }
    if (chance(0.05)) {
      return { status, body: value, text: pick(["<html>502</html>", "", "\u0000", "nul"]), isWhole: false };
    }
    return { status, body: value, text: json, isWhole: true };
  };
}
