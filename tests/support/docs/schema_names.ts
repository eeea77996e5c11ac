import { root } from "../import_graph.ts";

/** A table of ours, as the SQL of `supabase/` declares it. */
export interface DeclaredTable {
  /** With its schema. */
  name: string;
  columns: string[];
}

/** CircleTel's own: the sync reads them and declares nothing of them. */
const circletels = new Set([
  "admin_users",
  "business_quote_items",
  "business_quotes",
  "contracts",
  "customer_invoices",
  "customers",
  "kyc_sessions",
  "rica_submissions",
]);

/** Every table of the sync, with the columns of each. */
export function declaredTables(): DeclaredTable[] {
  const tables = new Map<string, Set<string>>();
  const columnsOf = (name: string) => {
    const known = tables.get(name) ?? new Set();
    tables.set(name, known);
    return known;
  };
  for (const text of sqlTexts()) {
    const creations = text.matchAll(
      /create (?:unlogged )?table (?:if not exists )?((?:public|zoho_sync)\.\w+) \(([^]*?)\n\)/g,
    );
    for (const [, name = "", body = ""] of creations) {
      if (circletels.has(name.split(".")[1] ?? "")) continue;
      for (const [, column = ""] of body.matchAll(/^ {2}(\w+) (?!key\b|\()/gm)) columnsOf(name).add(column);
    }
    for (
      const [, name = "", added = ""] of text.matchAll(/alter table ((?:public|zoho_sync)\.\w+)\n([^;]*);/g)
    ) {
      if (circletels.has(name.split(".")[1] ?? "")) continue;
      for (const [, column = ""] of added.matchAll(/add column if not exists (\w+)/g)) {
        columnsOf(name).add(column);
      }
    }
  }
  const keywords = new Set(["check", "unique", "primary", "foreign", "constraint"]);
  return [...tables].map(([name, columns]) => ({
    name,
    columns: [...columns].filter((column) => !keywords.has(column)),
  }));
}

/** All of our SQL without its comments: the current text, and the migrations of the original service. */
export function sqlTexts(): string[] {
  return [
    ...files("supabase/schemas/"),
    ...files("supabase/migrations/").filter((path) => /\/2025/.test(path)),
  ]
    .map((path) => Deno.readTextFileSync(new URL(path, root)).replaceAll(/--.*$/gm, ""));
}

function files(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, root))].flatMap(({ name, isDirectory }) =>
    isDirectory ? files(`${folder}${name}/`) : name.endsWith(".sql") ? [folder + name] : []
  ).sort();
}
