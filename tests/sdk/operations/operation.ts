import * as sdk from "@zohocrm/nodejs-sdk-8.0";
import type { Ids } from "../records.ts";

/** What the SDK gives back for a call. */
export interface SdkAnswer {
  getStatusCode: () => number;
  getObject: () => Wrapper | null;
}

/** What of the SDK's many answer classes is used here. */
interface Wrapper {
  getData?: () => Item[];
  getFields?: () => Item[];
  getLayouts?: () => Item[];
}

interface Item {
  getId: () => bigint;
  getDetails: () => Map<string, unknown>;
}

export interface SdkOperation {
  name: string;
  /** The SDK's method, as the table of the README has it. */
  method: string;
  status: number;
  /** The class that the SDK must take the answer for; null where the answer has no body. */
  becomes: string | null;
  run: () => Promise<SdkAnswer>;
}

/** What earlier operations made, for those that follow. */
export interface Made {
  ids: Ids;
  /** The records of each module, oldest first. */
  of: Record<string, bigint[]>;
  field: bigint;
}

export const headers = () => new sdk.HeaderMap();

export async function parameters(entries: [object, unknown][]): Promise<object> {
  const map = new sdk.ParameterMap();
  for (const [parameter, value] of entries) await map.add(parameter, value);
  return map;
}

export function body(records: object[], more: { checkFields?: string[]; trigger?: string[] } = {}): object {
  const wrapper = new sdk.Record.BodyWrapper();
  wrapper.setData(records);
  if (more.checkFields !== undefined) wrapper.setDuplicateCheckFields(more.checkFields);
  if (more.trigger !== undefined) wrapper.setTrigger(more.trigger);
  return wrapper;
}

/** The ids in a reply to a write, in its order. */
export function idsIn(answer: SdkAnswer): bigint[] {
  const items = answer.getObject()?.getData?.() ?? [];
  return items.map((item) => BigInt(String(item.getDetails().get("id") ?? "0")));
}
