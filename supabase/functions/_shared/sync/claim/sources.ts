import { z } from "zod";
import { type Column, columnsOf, isColumn, isRows, type Shape } from "../../mapping/columns.ts";
import { contact } from "../../mapping/contact.ts";
import type { Party } from "../../mapping/party.ts";
import type { RecordType } from "../../mapping/record_type.ts";
import { fields } from "./change.ts";

// The answers of the zoho_sync.*_sources functions; any other value is one that the mapping does not know.

/** Postgres timestamps include "infinity", which is not a date. */
const moment = z.string().refine((text) => !Number.isNaN(Date.parse(text)), { error: "is not a timestamp" });

const held: Readonly<Record<Column["holds"], z.ZodType>> = {
  text: z.string(),
  number: z.number(),
  date: z.iso.date(),
  moment,
};

const party = {
  customer: partOf(contact.source.customer ?? {}).nullable(),
  internal_test: z.boolean(),
  account_key: z.string().nullable(),
  account_id: z.string().nullable(),
  contact: z.object({
    zoho_id: z.string(),
    snapshot: fields,
    is_planned: z.boolean().optional(),
    is_unlinked: z.boolean().optional(),
  }).nullable(),
  contact_answer: z.object({
    choice: z.string(),
    chosen_id: z.string().nullable(),
    candidates: z.array(z.object({ id: z.string(), name: z.string() })),
  }).nullable(),
  contact_merged: z.boolean(),
  customer_change: z.enum(["free", "waits", "off"]),
};

/** The schema of a record type's source, built from the columns that its declaration reads. */
export function sourceOf<S>({ source }: RecordType<S>): z.ZodType<S & Party> {
  const parts = Object.entries(source).map(([name, part]) => [name, partOf(part)]);
  return z.object({ ...Object.fromEntries(parts), ...party }) as unknown as z.ZodType<S & Party>;
}

/** The source of a Contact: only the person. */
export const customerSource = z.object(party) as unknown as z.ZodType<Party>;

function partOf(part: Shape[string]): z.ZodType {
  if (isColumn(part)) return columnOf(part);
  const columns = Object.entries(columnsOf(part)).map(([name, column]) => [name, columnOf(column)]);
  const row = z.object(Object.fromEntries(columns));
  if (!isRows(part)) return row;
  return part.rows === "maybe" ? row.nullable() : z.array(row);
}

function columnOf({ holds, values, isFilled, isNullable }: Column): z.ZodType {
  const known = values ? z.enum(values) : isFilled ? z.string().min(1) : held[holds];
  return isNullable ? known.nullable() : known;
}
