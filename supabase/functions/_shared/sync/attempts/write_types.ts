import type { EntityType, Fields } from "../../mapping/types.ts";
import type { Module } from "../../mapping/record_type.ts";
import type { RecordResult } from "../../zoho/records.ts";
import type { Change } from "../claim/change.ts";
import type { Failure } from "./failure.ts";

/** One record of a write call, and which change it belongs to. */
export interface Write {
  change: Change;
  entityType: EntityType;
  entityId: string;
  zohoType: "Deals" | "Estimates" | "Invoices" | "Accounts" | "Contacts" | "Products";
  /** Null when the call is to make the record. */
  zohoId: string | null;
  fields: Fields;
  /** Mask Account_Name too: the Account is a private person. */
  isPerson?: boolean;
  /** Zoho refused the tax of its lines; they are sent without it. */
  leavesTax?: true;
  /** Why a part of the record is left out: the org does not keep the value, or Zoho refused the field. */
  part?: Failure;
  /** What the log keeps of the decision behind it, stored before the call. */
  opening?: Record<string, unknown>;
}

export interface Written<W extends Write> {
  write: W;
  result: Extract<RecordResult, { ok: true }> | Failure;
}

/** Why a part of an entity's records was not sent or not taken, by entity id. */
export type PartFailures = Map<string, Failure>;

/** The parts left out of records that were otherwise written. */
export function partsOf(written: readonly Written<Write>[]): PartFailures {
  return new Map(
    written.flatMap(({ write: { entityId, part }, result }) =>
      result.ok && part !== undefined ? [[entityId, part]] : []
    ),
  );
}

/** CircleTel's Estimates are the records of Zoho's Quotes. */
export function moduleOf(zohoType: Write["zohoType"]): Module {
  return zohoType === "Estimates" ? "Quotes" : zohoType;
}
