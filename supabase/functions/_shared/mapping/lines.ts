import { cutText } from "./text.ts";
import type { Product } from "./product.ts";
import type { Fields, RecordLinks, SentFields, SentRow } from "./types.ts";
import { lookupId } from "./lookup.ts";

/** What a line says of its tax: that it has none, or nothing, and the org adds its own. */
export type LineTax = "none" | "leave";

export const lineTaxField = "Line_Tax";

/** A row of Quoted_Items or Invoiced_Items before its Product is known in Zoho. */
export interface Line {
  product: Product;
  quantity: number;
  price: number;
  description: string;
}

/** One row of a text of line items. */
export type LineRow = [productId: string, quantity: number, price: number, description: string];

/** A row as Zoho holds it. */
interface HeldRow {
  id: string;
  row: LineRow;
}

/** What a Description of a row holds (insert-records page: a small text area). */
const longestDescription = 2000;

/**
 * Line items as one text, so that they are compared, kept and logged like any other field.
 * @throws RangeError when a Product has no id
 */
export function linesText(lines: Line[], productIds: RecordLinks["productIds"]): string {
  return rowsText(lines.map(({ product, quantity, price, description }) => {
    const id = productIds.get(product.code);
    if (id === undefined) throw new RangeError(`${product.code} has no id`);
    return [id, quantity, cents(price), cutText(description, longestDescription)];
  }));
}

/** An org may keep two decimals of an amount or all of them: what has no third comes back as it was sent. */
export function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}

/** The same of the rows that Zoho answers for a single record; lists do not carry them (get-records page). */
export function heldLinesText(value: unknown): string {
  return rowsText(heldRows(value).map(({ row }) => row));
}

/** The same rows with the Products of another text's, as far as that one has rows. */
export function withProductsOf(text: string, other: string): string {
  const others = lineRows(other);
  return rowsText(lineRows(text).map(([id, ...rest], index) => [others[index]?.[0] ?? id, ...rest]));
}

/** The same rows with each description that the other text does not have replaced. */
export function withDescriptions(
  text: string,
  known: string,
  replace: (description: string) => string,
): string {
  const kept = new Set(lineRows(known).map(([, , , description]) => description));
  return rowsText(
    lineRows(text).map(([id, quantity, price, description]) => [
      id,
      quantity,
      price,
      kept.has(description) ? description : replace(description),
    ]),
  );
}

/** The ids of the Products that a text names. */
export function productIdsIn(text: string): string[] {
  return lineRows(text).map(([id]) => id);
}

/**
 * The fields as they are sent. Rows without an id are appended (subform page), so a record's own rows are named one
 * by one: each takes the next wanted line, and what is left over is deleted.
 *
 * A call whose answer is lost may be carried out twice: by our next try, by Deno's fetch, which sends again when a kept
 * connection closes, or by a Zoho that is late. So rows are never only added: the last one there is deleted with the
 * same call and comes again as new. The second time its id is gone, and Zoho refuses the whole record.
 *
 * CircleTel's prices are what is paid. An org may add a tax of its own to a line that comes without one (docs/decisions/0026);
 * a line that comes with an empty list of taxes has none (UNVERIFIED, so it is a setting).
 *
 * @param held the line items of the record as Zoho holds it now; undefined for a record that is to be made
 */
export function withRows(
  fields: Fields,
  linesField: string | null,
  held: unknown,
  lineTax: LineTax = "none",
): SentFields {
  const text = linesField === null ? null : fields[linesField];
  if (linesField === null || typeof text !== "string") return fields;
  const rows = heldRows(held);
  const lines = lineRows(text);
  const kept = rows.slice(0, lines.length > rows.length ? -1 : lines.length);
  const wanted = lines.map(([productId, quantity, price, description], index): SentRow => ({
    ...(kept[index] ? { id: kept[index].id } : {}),
    Product_Name: { id: productId },
    Quantity: quantity,
    List_Price: price,
    Description: description,
    ...(lineTax === "none" ? { [lineTaxField]: [] } : {}),
  }));
  const surplus = rows.slice(kept.length).map(({ id }): SentRow => ({ id, _delete: null }));
  return { ...fields, [linesField]: [...wanted, ...surplus] };
}

function rowsText(rows: LineRow[]): string {
  return JSON.stringify(rows);
}

/** The rows of a text of line items; none of another text. */
export function lineRows(text: string): LineRow[] {
  const rows = parsed(text);
  return Array.isArray(rows) ? rows.flatMap((row) => isRow(row) ? [row] : []) : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRow(row: unknown): row is LineRow {
  return Array.isArray(row) && typeof row[0] === "string" && typeof row[1] === "number" &&
    typeof row[2] === "number" && typeof row[3] === "string";
}

function heldRows(value: unknown): HeldRow[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    if (typeof item !== "object" || item === null) return [];
    const { id, Product_Name: product, Quantity: quantity, List_Price: price, Description: description } =
      item as Record<string, unknown>;
    if (typeof id !== "string") return [];
    const row: LineRow = [
      // A query may answer the id alone.
      typeof product === "string" ? product : lookupId(product) ?? "",
      Number(quantity ?? 0),
      Number(price ?? 0),
      String(description ?? ""),
    ];
    return [{ id, row }];
  });
}
