import { matchPath } from "../http/routes.ts";
import { bodyJson, type Incoming } from "../http/incoming.ts";
import { Refused, type Reply } from "../http/reply.ts";
import type { Json } from "../core/json.ts";
import type { Org } from "../org/org.ts";
import { BadRequest, type ControlCall } from "./call.ts";
import { playDay, readDay } from "./day.ts";
import { callsSince, changesSince, deliveriesSince, readState } from "./observe.ts";
import {
  bulkCreate,
  createAsSeller,
  deleteAsSeller,
  editAsSeller,
  listRecords,
  mergeAsSeller,
  purgeAsSeller,
  restoreAsSeller,
  showRecord,
} from "./records.ts";
import {
  addFaults,
  changeOrgSettings,
  changeTokens,
  clearFaults,
  listFaults,
  moveClock,
  reset,
  setCredits,
} from "./steer.ts";

type ControlHandler = (call: ControlCall) => Json | Promise<Json>;

/** The control API: what a test, the demo or a benchmark does that a Zoho client cannot. No password. */
const handlers: [string, ControlHandler][] = [
  ["GET state", readState],
  ["POST reset", reset],
  ["GET records/:module", listRecords],
  ["POST records/:module", createAsSeller],
  ["GET records/:module/:id", showRecord],
  ["PATCH records/:module/:id", editAsSeller],
  ["DELETE records/:module/:id", deleteAsSeller],
  ["POST bulk/:module", bulkCreate],
  ["POST merge/:module", mergeAsSeller],
  ["POST restore/:module/:id", restoreAsSeller],
  ["POST purge/:module/:id", purgeAsSeller],
  ["GET day", readDay],
  ["POST day", playDay],
  ["GET calls", callsSince],
  ["GET deliveries", deliveriesSince],
  ["GET changes", changesSince],
  ["GET faults", listFaults],
  ["POST faults", addFaults],
  ["DELETE faults", clearFaults],
  ["POST clock", moveClock],
  ["POST credits", setCredits],
  ["POST settings", changeOrgSettings],
  ["POST tokens", changeTokens],
];

export async function answerControl(org: Org, incoming: Incoming): Promise<Reply> {
  const segments = incoming.url.pathname.split("/").slice(2).filter((part) => part !== "");
  for (const [text, handler] of handlers) {
    const [method, path = ""] = text.split(" ");
    const params = method === incoming.method ? matchPath(path.split("/"), segments) : undefined;
    if (params === undefined) continue;
    const call: ControlCall = { org, params, query: incoming.url.searchParams, body: bodyJson(incoming) };
    return await answer(handler, call);
  }
  return { status: 404, body: { error: `No control call ${incoming.method} ${incoming.url.pathname}` } };
}

async function answer(handler: ControlHandler, call: ControlCall): Promise<Reply> {
  try {
    return { status: 200, body: await handler(call) };
  } catch (error) {
    if (error instanceof Refused) return error.reply;
    if (error instanceof BadRequest) return { status: error.status, body: { error: error.message } };
    if (error instanceof RangeError) return { status: 400, body: { error: error.message } };
    throw error;
  }
}
