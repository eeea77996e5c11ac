import { csvLine } from "../platform/csv.ts";
import { page } from "./page.ts";

/** A page of a list by its cursor; undefined is the first. */
export type ReadPage = (after: string | undefined, limit: number) => Promise<unknown>;

const rowsPerPage = 1_000;
/** A spreadsheet opens at most about a million rows; larger exports need a shorter time range. */
const mostRows = 100_000;

/**
 * A list as a CSV file, sent page by page, so that it need not fit into the function's memory. The first page is read before
 * anything is sent: what is refused is answered as a refusal, not as a file that breaks off.
 */
export async function csvResponse(
  file: string,
  columns: readonly string[],
  readPage: ReadPage,
): Promise<Response> {
  let rows = page(await readPage(undefined, rowsPerPage));
  let sent = 0;
  const body = new ReadableStream<string>({
    start: (controller) => controller.enqueue(csvLine(columns)),
    pull: async (controller) => {
      const { items, next } = rows;
      const lines = items.map((item) => csvLine(columns.map((column) => valueAt(item, column))));
      if (lines.length > 0) controller.enqueue(lines.join(""));
      sent += lines.length;
      if (next === null || sent >= mostRows) controller.close();
      else rows = page(await readPage(next, rowsPerPage));
    },
  });
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": `attachment; filename="${file}"`,
    },
  });
}

/** "error.code" is the code inside of error; null where there is none. */
function valueAt(item: Record<string, unknown>, column: string): unknown {
  return column.split(".").reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : null,
    item,
  );
}
