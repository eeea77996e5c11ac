import { assert, assertEquals } from "@std/assert";

// Design §8: arrows point one way, functions → sync → mapping, zoho → platform.

const functions = new URL("../../supabase/functions/", import.meta.url);
const shared = new URL("_shared/", functions);

/** Generated, not written. */
const generated = "platform/database.types.ts";

interface Import {
  /** Below _shared, e.g. "zoho/client.ts". */
  file: string;
  /** The room of the imported file; "npm" for a package. */
  room: string;
  /** What is imported: a path below _shared, or the package's name. */
  target: string;
  isTypeOnly: boolean;
}

const files = filesBelow(shared).filter((file) => file !== generated);
const imports = files.flatMap(importsOf);

function filesBelow(folder: URL, path = ""): string[] {
  return [...Deno.readDirSync(new URL(path, folder))].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(folder, `${path}${name}/`) : name.endsWith(".ts") ? [`${path}${name}`] : []
  ).sort();
}

function codeOf(file: string): string {
  const text = Deno.readTextFileSync(new URL(file, shared));
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

/** The import and re-export statements of a file, and its import() expressions. */
function importsOf(file: string): Import[] {
  const statement = /^\s*(?:import|export)\s+(type\s)?[^;"']*?from\s+["']([^"']+)["']/gm;
  const bare = /^\s*import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;
  const code = codeOf(file);
  const found = [
    ...[...code.matchAll(statement)].map(([, type, from]) => ({ from, isTypeOnly: type !== undefined })),
    ...[...code.matchAll(bare)].map(([, first, second]) => ({ from: first ?? second, isTypeOnly: false })),
  ];
  return found.map(({ from = "", isTypeOnly }) => {
    if (!from.startsWith(".")) return { file, room: "npm", target: from, isTypeOnly };
    const target = new URL(from, new URL(file, shared)).href.slice(shared.href.length);
    return { file, room: target.split("/")[0] ?? "", target, isTypeOnly };
  });
}

const describe = ({ file, target }: Import) => `${file} imports ${target}`;

/** Which rooms a room may look into, itself aside. */
const arrows: Record<string, string[]> = {
  mapping: [],
  platform: ["npm"],
  zoho: ["mapping", "platform", "npm"],
  fields: ["mapping", "zoho", "platform", "npm"],
  sync: ["fields", "mapping", "zoho", "platform", "npm"],
  webhook: ["fields", "mapping", "zoho", "platform", "npm"],
  reconcile: ["fields", "webhook", "sync", "mapping", "zoho", "platform", "npm"],
  backfill: ["fields", "sync", "mapping", "zoho", "platform", "npm"],
  doctor: ["fields", "mapping", "zoho", "platform", "npm"],
  admin: [
    "doctor",
    "backfill",
    "reconcile",
    "fields",
    "webhook",
    "sync",
    "mapping",
    "zoho",
    "platform",
    "npm",
  ],
  alerts: ["admin", "platform", "npm"],
};

/** Arrows against the rule, each with its reason. */
const exceptions = new Set([
  // The regions are data, and ZOHO_REGION is checked against them.
  "platform/env.ts imports zoho/regions.ts",
]);

Deno.test("every file of _shared is in a room that this test knows", () => {
  assert(files.length > 30, "the files were not found");
  assert(imports.length > files.length, "the imports were not found");
  for (const file of files) assert(Object.hasOwn(arrows, file.split("/")[0] ?? ""), file);
});

for (const [room, allowed] of Object.entries(arrows)) {
  const rooms = [room, ...allowed].join(", ");
  Deno.test(`${room} imports nothing but ${rooms}`, () => {
    const strays = imports.filter(({ file }) => file.startsWith(`${room}/`))
      .filter((each) => ![room, ...allowed].includes(each.room))
      .map(describe)
      .filter((each) => !exceptions.has(each));
    assertEquals(strays, []);
  });
}

Deno.test("every exception is still in use", () => {
  const all = imports.map(describe);
  for (const exception of exceptions) assert(all.includes(exception), exception);
});

Deno.test("zoho takes only types from the mapping: it moves fields and does not make them", () => {
  const strays = imports.filter(({ file, room, isTypeOnly }) =>
    file.startsWith("zoho/") && room === "mapping" && !isTypeOnly
  );
  assertEquals(strays.map(describe), []);
});

Deno.test("the mapping does no I/O: no fetch, no clock, no chance, no packages", () => {
  const effects =
    /\bfetch\(|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bcrypto\.|\bsetTimeout\(|\bconsole\./;
  const strays = files.filter((file) => file.startsWith("mapping/") && effects.test(codeOf(file)));
  assertEquals(strays, []);
});

Deno.test("only the three packages of the functions are imported", () => {
  const packages = new Set(imports.filter(({ room }) => room === "npm").map(({ target }) => target));
  assertEquals([...packages].sort(), ["@supabase/server", "@supabase/supabase-js", "zod"]);
});

Deno.test("nothing of Node is used, and of Deno only the environment, in platform", () => {
  const node = /["']node:|\bprocess\.|\bBuffer\.|\brequire\(|\b__dirname\b/;
  assertEquals(files.filter((file) => node.test(codeOf(file))), []);
  const strays = files.flatMap((file) =>
    [...codeOf(file).matchAll(/\bDeno\.(\w+)/g)]
      .filter(([, name]) => name !== "env" || !file.startsWith("platform/"))
      .map(([use]) => `${file} uses ${use}`)
  );
  assertEquals(strays, []);
});

const root: { imports: Record<string, string> } = JSON.parse(
  Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)),
);
const functionNames = [...Deno.readDirSync(functions)]
  .filter(({ name, isDirectory }) => isDirectory && !name.startsWith("_"))
  .map(({ name }) => name)
  .sort();

Deno.test("there are functions to look at", () => assert(functionNames.includes("zoho-sync")));

for (const name of functionNames) {
  Deno.test(`${name} pins the versions that the tests run with`, () => {
    const config: { imports: Record<string, string> } = JSON.parse(
      Deno.readTextFileSync(new URL(`${name}/deno.json`, functions)),
    );
    for (const [specifier, pinned] of Object.entries(config.imports)) {
      assertEquals(pinned, root.imports[specifier], specifier);
      assert(/@\d+\.\d+\.\d+$/.test(pinned), `${pinned} is not pinned`);
    }
    const packages = new Set(imports.filter(({ room }) => room === "npm").map(({ target }) => target));
    assertEquals(Object.keys(config.imports).sort(), [...packages].sort());
  });

  Deno.test(`${name} itself imports from _shared only`, () => {
    const text = Deno.readTextFileSync(new URL(`${name}/index.ts`, functions));
    const targets = [...text.matchAll(/from\s+["']([^"']+)["']/g)].map(([, target]) => target ?? "");
    assert(targets.length > 0);
    assertEquals(targets.filter((target) => !target.startsWith("../_shared/")), []);
  });
}
