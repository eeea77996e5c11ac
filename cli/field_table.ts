import { join } from "node:path";
import { columnNames } from "../supabase/functions/_shared/mapping/columns.ts";
import type { Field } from "../supabase/functions/_shared/mapping/record_type.ts";
import { recordTypes } from "../supabase/functions/_shared/mapping/record_types.ts";

// The table of fields in docs/fields.md is generated from what the record types declare. --check only compares.

const FILE = join(import.meta.dirname ?? "", "..", "docs", "fields.md");
const [START, END] = [
  "<!-- `deno task docs:fields` writes this table -->",
  "<!-- end of the table -->",
];

const deciders = { circletel: "CircleTel", shared: "whoever moved last", engine: "the engine" };

function rowOf(module: string, name: string, field: Field): string[] {
  const { label, data_type, unique, values, owner, from, custom } = field;
  const type = [data_type, ...(unique ? ["unique"] : [])].join(", ");
  return [
    module,
    label === name.replaceAll("_", " ") ? label : `${label} (${name})`,
    values ? `${type}: ${values.join(", ")}` : type,
    deciders[owner],
    columnNames(from).join(", "),
    custom ? "made" : "",
  ];
}

/** A table as deno fmt writes it. */
function tableOf([head = [], ...rows]: string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const lineOf = (cells: string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [head, widths.map((width) => "-".repeat(width)), ...rows].map(lineOf).join("\n");
}

/** The page with the table as it should be. */
export function withFieldTable(page: string): string {
  const fields = Object.values(recordTypes).flatMap(({ module, fields }) =>
    Object.entries(fields).map(([name, field]) => rowOf(module, name, field))
  );
  const table = tableOf([["module", "field", "type", "decided by", "made of", "setup"], ...fields]);
  const [before = "", rest = ""] = page.split(START);
  const [, after = ""] = rest.split(END);
  return `${before}${START}\n\n${table}\n\n${END}${after}`;
}

async function main(): Promise<number> {
  const page = await Deno.readTextFile(FILE);
  const wanted = withFieldTable(page);
  if (page === wanted) return 0;
  if (Deno.args.includes("--check")) {
    console.error(
      `${FILE} is not what the record types say. Run \`deno task docs:fields\` and commit the file.`,
    );
    return 1;
  }
  await Deno.writeTextFile(FILE, wanted);
  return 0;
}

if (import.meta.main) Deno.exit(await main());
