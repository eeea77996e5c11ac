import { assert, assertEquals } from "@std/assert";
import { fencedBlocksOf } from "../support/docs/blocks.ts";
import { allPages, type DocPage } from "../support/docs/pages.ts";
import { sqlTexts } from "../support/docs/schema_names.ts";
import { importGraph, root, sourceFiles } from "../support/import_graph.ts";

// What the pages name is there: tasks and their flags, routes, SQL functions, files. Whether a command does what its page says
// is tried elsewhere: docs_sql_test, docs_simulator_test, the quickstart, deploy.md and add-a-field.md in tests/ci.

const pages = allPages();
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));
const { tasks }: { tasks: Record<string, { command: string }> } = JSON.parse(read("deno.json"));
const graph = importGraph(["cli", "local", "tests"]);

/** The code spans and the lines of a page's blocks of shell; a line that ends in \ goes on. */
function codeIn({ text }: DocPage): string[] {
  const shell = fencedBlocksOf(text).filter(({ language }) => language === "sh");
  return [
    ...shell.flatMap((block) => block.text.replaceAll("\\\n", " ").split("\n")),
    ...[...text.replaceAll(/^([ \t]*)```[^]*?^\1```/gm, "").matchAll(/`([^`]+)`/g)].map(([, span = ""]) =>
      span.replaceAll("\n", " ")
    ),
  ];
}

/** What is wrong of each piece of code, with its page. */
function faultsIn(faultsOf: (code: string) => string[]): string[] {
  return pages.flatMap((page) => codeIn(page).flatMap(faultsOf).map((fault) => `${page.path}: ${fault}`));
}

/** Flags of Deno itself, which our tasks hand on. */
const denosFlags: Record<string, string[]> = { test: ["no-check", "filter", "changed", "shuffle"] };

/** The text of a task's program and of what it imports from its own folder. */
function programOf(task: string): string {
  const entry = /(?:cli|local|tests)\/[\w/]+\.ts/.exec(tasks[task]?.command ?? "")?.[0];
  if (entry === undefined) return "";
  const own = (graph.get(entry) ?? []).filter((file) => file.startsWith(entry.slice(0, entry.indexOf("/"))));
  return [entry, ...own].map(read).join("\n");
}

Deno.test("every task that a page names exists, and takes the flags that the page gives it", () => {
  let count = 0;
  const faults = faultsIn((code) => {
    const [, name = "", rest = ""] =
      /\bdeno(?:@[\d.]+)? task (?:--quiet )?([a-z][\w:-]*)(?: -- )?([^#&|>)]*)/.exec(code) ?? [];
    if (name === "") return [];
    count++;
    if (!Object.hasOwn(tasks, name)) return [`there is no task ${name}`];
    const program = programOf(name);
    const known = (flag: string) =>
      denosFlags[name]?.includes(flag) ||
      new RegExp(`["']?\\b${flag}\\b["']?: \\{ type:|--${flag}\\b`).test(program);
    return [...rest.matchAll(/(?<=\s)--([a-z][\w-]*)/g)].map(([, flag = ""]) => flag)
      .filter((flag) => !known(flag)).map((flag) => `task ${name} has no --${flag}`);
  });
  assert(count > 80, `${count} commands`);
  assertEquals(faults, []);
});

Deno.test("every word behind a task that takes one is one of its own", () => {
  const words: Record<string, string[]> = {
    "zoho:watch": ["open", "list", "renew"],
    observe: ["on", "off", "plan"],
  };
  const faults = faultsIn((code) => {
    const [, name = "", word = ""] = /\btask ([\w:]+) ([a-z]+)\b/.exec(code) ?? [];
    return words[name]?.includes(word) ?? true ? [] : [`task ${name} knows no ${word}`];
  });
  assertEquals(faults, []);
  for (const [task, own] of Object.entries(words)) {
    for (const word of own) assert(programOf(task).includes(`"${word}"`), `${task} ${word}`);
  }
});

Deno.test("every function and every route of zoho-admin that a page calls exists", () => {
  const functions = [...Deno.readDirSync(new URL("supabase/functions/", root))].map(({ name }) => name);
  const routes = [...read("supabase/functions/zoho-admin/index.ts").matchAll(/"(?:GET|POST) (\/[\w./-]+)"/g)]
    .map(([, route]) => route);
  assert(routes.length > 40, "the routes were not found");
  // GET /metrics has a token of its own and is no route of the table.
  const called = faultsIn((code) => {
    const faults = [...code.matchAll(/functions\/v1\/([\w-]+)/g)].map(([, name = ""]) => name)
      .filter((name) => !functions.includes(name)).map((name) => `there is no function ${name}`);
    const named = [
      ...code.matchAll(/zoho-admin(\/[\w./-]+)/g),
      ...code.matchAll(/^(?:GET|POST) (\/[\w./-]+)/g),
    ].map(([, route = ""]) => route).filter((route) =>
      !/^\/(auth|functions|org|Quoted_Items|metrics)\b/.test(route)
    );
    return [
      ...faults,
      ...named.filter((route) => !routes.includes(route)).map((route) => `there is no ${route}`),
    ];
  });
  assertEquals(called, []);
});

Deno.test("docs/admin-api.md has every route of zoho-admin", () => {
  const page = read("docs/admin-api.md");
  const routes = [...read("supabase/functions/zoho-admin/index.ts").matchAll(/"(GET|POST) (\/[\w./-]+)"/g)];
  const missing = routes.filter(([, , route = ""]) =>
    !new RegExp(`${route.replaceAll(".", "\\.")}(?![\\w./-])`).test(page)
  );
  assertEquals(missing.map(([route]) => route), []);
});

Deno.test("every SQL function and table of ours that a page names exists", () => {
  const sql = sqlTexts().join("\n");
  const known = new Set([
    ...[
      ...sql.matchAll(
        /create (?:or replace )?(?:function|view|sequence|type) (?:if not exists )?\w+\.(\w+)/g,
      ),
    ],
    ...[...sql.matchAll(/create (?:unlogged )?(?:table|sequence)(?: if not exists)? \w+\.(\w+)/g)],
    ...[...sql.matchAll(/create (?:unique )?index(?: if not exists)? (\w+)/g)],
    ...[...sql.matchAll(/ensure_index\('(\w+)'/g)],
  ].map(([, name]) => name));
  assert(known.size > 150, "the names were not found");
  const faults = faultsIn((code) =>
    [...code.matchAll(/\b(?:zoho_sync\.(\w+)|public\.(zoho_\w+)|(zoho_\w+)\()/g)]
      .map(([, a, b, c]) => a ?? b ?? c ?? "").filter((name) => name !== "" && !known.has(name))
      .map((name) => `there is no ${name}`)
  );
  assertEquals(faults, []);
});

/** Where a page's path may begin: it says as much of it as its reader needs. */
const bases = [
  "",
  "supabase/functions/",
  "supabase/functions/_shared/",
  "supabase/schemas/",
  "tests/",
  "docs/",
  "supabase/",
];

Deno.test("every file that a page names exists", () => {
  const made =
    /^(dashboard\/dist|dashboard\/public\/config\.json|supabase\/functions\/\.env|\/|\.\.?\/)|[<…*]/;
  const sources = ["supabase/functions", "cli", "local", "tests", "dashboard/src"].flatMap(sourceFiles);
  const missing = faultsIn((code) => {
    const path = /^[\w@.-]+(?:\/[\w.-]+)+\.(?:ts|tsx|sql|md|yml|toml|json|mjs)$/.exec(code)?.[0];
    if (path === undefined || made.test(path)) return [];
    const exists = bases.some((base) => isThere(base + path)) ||
      sources.some((file) => file.endsWith(`/${path}`));
    return exists ? [] : [`there is no ${path}`];
  });
  assertEquals(missing, []);
});

/** Names of Postgres, Supabase and Zoho, and those that a reader makes. */
const outside = new Set(
  "with_data system_identifier WORKER_LIMIT refreshes_10min sendDealToCircleTel circletel_webhook_secret invalid_payload"
    .split(" "),
);

Deno.test("every name of several words that a page marks as code is used in the code", () => {
  const texts = ["supabase", "cli", "local", "tests", "dashboard/src", ".github"].flatMap(textsBelow);
  const used = new Set(
    [...texts, read("deno.json"), read(".env.example")].flatMap((text) => text.match(/\w+/g) ?? []),
  );
  assert(used.size > 5000, "the code was not found");
  const unknown = faultsIn((code) =>
    /^(?:[A-Za-z]\w*_\w+|[a-z]+[A-Z]\w+)$/.test(code) && !used.has(code) && !outside.has(code) ? [code] : []
  );
  assertEquals(unknown, []);
});

function textsBelow(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, root))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return name === "node_modules" ? [] : textsBelow(path);
    return /\.(?:tsx?|sql|toml|yml|json)$/.test(name) && !name.startsWith("docs_") ? [read(path)] : [];
  });
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(new URL(path, root));
    return true;
  } catch {
    return false;
  }
}

Deno.test("every title of a test that docs/reliability.md cites is the title of one", () => {
  const cited = read("docs/reliability.md").matchAll(
    /`((?:unit|flows|functions|database|chaos)\/\w+\.ts)`: ([^`|\n]*)/g,
  );
  const titles = [...cited].flatMap(([, file = "", text = ""]) =>
    text.split(";").map((title) => ({ file, parts: title.split("…").map((part) => part.trim()) }))
  );
  assert(titles.length > 20, "the titles were not found");
  const gone = titles.filter(({ file, parts }) =>
    !parts.every((part) => read(`tests/${file}`).includes(part))
  );
  assertEquals(gone.map(({ file, parts }) => `${file}: ${parts.join("…")}`), []);
});
