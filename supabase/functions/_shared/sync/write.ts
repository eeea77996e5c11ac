import { productIdsIn, withRows } from "../mapping/lines.ts";
import { limitConcurrency } from "../platform/concurrency.ts";
import { readOneRecord } from "../zoho/list.ts";
import { insertRecords, type RecordResult, updateRecords, upsertRecords } from "../zoho/records.ts";
import { attemptWrite } from "./attempts.ts";
import type { Written } from "./write_types.ts";
import type { Settlement } from "./change.ts";
import type { Kind } from "./kinds.ts";
import { createMissing, mayBeDoubled } from "./look_first.ts";
import { done, type Failure, type RecordCall, type RecordWrite } from "./plan.ts";
import type { Run } from "./run.ts";
import { settleFailure } from "./verdict.ts";

/**
 * Makes one call and settles its records. Two refusals are worth a second call, once: a create that meets an existing
 * record (DUPLICATE_DATA names it) is linked and updated by its id, and line items that were changed in between are
 * read again.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function writeRecords(run: Run, { kind, action, writes }: RecordCall): Promise<Settlement[]> {
  const written = await attemptWrite(
    run,
    writes,
    (some) => action === "create" ? create(run, kind, some) : update(run, kind, some),
  );
  const again = written.flatMap((each) =>
    action === "create" ? linkDuplicate(kind, each) : readAgain(kind, each)
  );
  const settled = written
    .filter(({ write }) => !again.some(({ change }) => change === write.change))
    .map((each) => settle(run, kind, each));
  if (again.length === 0) return settled;
  const repeated = await attemptWrite(run, again, (some) => update(run, kind, some));
  return [...settled, ...repeated.map((each) => settle(run, kind, each))];
}

/** An upsert that meets an existing record would append line items to its rows, so records with some are inserted. */
async function create(run: Run, kind: Kind, writes: RecordWrite[]): Promise<RecordResult[]> {
  const { module, reference, lines } = kind;
  const { zoho } = run.with_;
  const records = writes.map(({ fields }) => withRows(fields, lines, undefined));
  if (reference === null) return await insertRecords(zoho, module, records);
  if (await mayBeDoubled(run, kind)) return await createMissing(run, module, reference, records);
  return lines === null
    ? await upsertRecords(zoho, module, records, [reference])
    : await insertRecords(zoho, module, records);
}

/**
 * Every try reads the rows of its line items anew: a try whose answer was lost may have added some, and they would be
 * added again.
 */
async function update(run: Run, { module, lines }: Kind, writes: RecordWrite[]): Promise<RecordResult[]> {
  const { zoho } = run.with_;
  const inTurn = limitConcurrency(run.callsAtOnce);
  const records = await Promise.all(writes.map(async ({ fields, zohoId }) => {
    const id = zohoId ?? "";
    if (lines === null || !Object.hasOwn(fields, lines)) return { ...fields, id };
    const held = await inTurn(() => readOneRecord(zoho, module, id));
    return { ...withRows(fields, lines, held?.[lines]), id };
  }));
  return await updateRecords(zoho, module, records);
}

/** Only the record that holds our reference is ours; another unique field's holder is a question. */
function linkDuplicate(kind: Kind, { write, result }: Written<RecordWrite>): RecordWrite[] {
  if (result.ok || result.code !== "DUPLICATE_DATA") return [];
  if (result.duplicateId === null || result.field !== kind.reference) return [];
  return [{ ...write, zohoId: result.duplicateId }];
}

/** A row that was there when it was read and is not any more, often since this very call was carried out before. */
function readAgain(kind: Kind, { write, result }: Written<RecordWrite>): RecordWrite[] {
  if (result.ok || result.code !== "INVALID_DATA" || kind.lines === null || result.field !== kind.lines) {
    return [];
  }
  return isAbout(result, "id") ? [write] : [];
}

/** Whether a refusal inside a line is about this field of it; one that does not say so may be. */
function isAbout({ line }: Failure, field: string): boolean {
  return line === undefined || line.field === null || line.field === field;
}

function settle(run: Run, kind: Kind, { write, result }: Written<RecordWrite>): Settlement {
  if (!result.ok) {
    return settleFailure(write.change, withGoneLink(run, kind, write, result), run.with_.random());
  }
  return {
    ...done(write.change, kind, null, undefined),
    record: {
      zoho_type: kind.zohoType,
      zoho_id: result.id,
      fields: { ...write.learned?.fields, ...write.fields },
      modified_at: result.modifiedAt,
      modified_by: result.modifiedBy,
      seen: write.change.mapping?.seen ?? 0,
    },
  };
}

/** Lookups of a record, and what they point to. */
const linkedModules = { Account_Name: "Accounts", Contact_Name: "Contacts" } as const;

/**
 * Sellers merge Accounts and Contacts and delete Products: the id that we remember is then refused. It is forgotten,
 * and the next round finds or makes the right one.
 */
function withGoneLink(run: Run, kind: Kind, write: RecordWrite, failure: Failure): Failure {
  const { code, field } = failure;
  if (code !== "INVALID_DATA" || field === null) return failure;
  const value = write.projection[field];
  if (field === kind.lines && typeof value === "string") {
    if (!isAbout(failure, "Product_Name")) return failure;
    // Which row it was is not worth telling apart: a Product that is there is found again.
    run.gone.push(
      ...productIdsIn(value).map((id) => ({ zoho_type: "Products" as const, zoho_id: id })),
    );
    return { ...failure, code: "LINK_FAILED" };
  }
  if (field !== "Account_Name" && field !== "Contact_Name") return failure;
  if (typeof value !== "object" || value === null) return failure;
  run.gone.push({ zoho_type: linkedModules[field], zoho_id: value.id });
  return { ...failure, code: "LINK_FAILED" };
}
