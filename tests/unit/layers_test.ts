import { assert, assertEquals } from "@std/assert";
import {
  importLines,
  resolve,
  root as repository,
  sourceFiles,
  withoutComments,
} from "../support/import_graph.ts";

// The rooms of the functions (docs/architecture.md): imports point one way and never climb.

const functions = new URL("../../supabase/functions/", import.meta.url);
const shared = "supabase/functions/_shared/";

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

const files = sourceFiles(shared.slice(0, -1)).map((file) => file.slice(shared.length))
  .filter((file) => file !== generated);
const code = (file: string) => withoutComments(shared + file);
const imports = files.flatMap(importsOf);

function importsOf(file: string): Import[] {
  return importLines(code(file)).map(({ specifier, isTypeOnly }) => {
    if (!specifier.startsWith(".")) return { file, room: "npm", target: specifier, isTypeOnly };
    const target = resolve(shared + file, specifier).slice(shared.length);
    return { file, room: target.split("/")[0] ?? "", target, isTypeOnly };
  });
}

const describe = ({ file, target }: Import) => `${file} imports ${target}`;

/** The rooms from the ground up, each with those it may look into, itself aside; all of them stand above it here. */
const arrows: Record<string, string[]> = {
  mapping: [],
  merge: ["mapping"],
  platform: ["npm"],
  zoho: ["mapping", "platform", "npm"],
  fields: ["merge", "mapping", "zoho", "platform", "npm"],
  identity: ["zoho", "platform", "npm"],
  sync: ["identity", "fields", "merge", "mapping", "zoho", "platform", "npm"],
  webhook: ["sync", "fields", "mapping", "zoho", "platform", "npm"],
  reconcile: ["fields", "webhook", "sync", "merge", "mapping", "zoho", "platform", "npm"],
  backfill: ["fields", "sync", "mapping", "zoho", "platform", "npm"],
  status: ["identity", "sync", "merge", "mapping", "platform", "npm"],
  alerts: ["status", "platform", "npm"],
  doctor: ["identity", "fields", "mapping", "zoho", "platform", "npm"],
  legacy: ["webhook", "sync", "merge", "mapping", "zoho", "platform"],
  app: ["identity", "fields", "sync", "mapping", "zoho", "platform"],
  admin: [
    "app",
    "identity",
    "doctor",
    "alerts",
    "status",
    "backfill",
    "reconcile",
    "webhook",
    "sync",
    "fields",
    "zoho",
    "merge",
    "mapping",
    "platform",
    "npm",
  ],
};

Deno.test("every file of _shared is in a room that this test lists", () => {
  assert(files.length > 30, "the files were not found");
  assert(imports.length > files.length, "the imports were not found");
  for (const file of files) assert(Object.hasOwn(arrows, file.split("/")[0] ?? ""), file);
});

Deno.test("no room imports from one listed below it", () => {
  const rooms = Object.keys(arrows);
  const upward = Object.entries(arrows).flatMap(([room, allowed]) =>
    allowed.filter((other) => rooms.indexOf(other) >= rooms.indexOf(room)).map((other) =>
      `${room} → ${other}`
    )
  );
  assertEquals(upward, []);
});

for (const [room, allowed] of Object.entries(arrows)) {
  const rooms = [room, ...allowed].join(", ");
  Deno.test(`${room} imports nothing but ${rooms}`, () => {
    const strays = imports.filter(({ file }) => file.startsWith(`${room}/`))
      .filter((each) => ![room, ...allowed].includes(each.room))
      .map(describe);
    assertEquals(strays, []);
  });
}

/**
 * The sub-rooms of sync from the ground up, in the order in which a change goes through them. The session of a drain is what a
 * claim gives it; wave and drain lead through all of them.
 */
const syncRooms = ["claim", "attempts", "links", "records", "settle", "wave", "drain", "by_hand"];
const syncRoomOf = (file: string) => {
  const [, name = ""] = /^sync\/(\w+)/.exec(file) ?? [];
  return name === "drain_session" ? "claim" : name === "drain_soon" ? "drain" : name;
};

Deno.test("sync's sub-rooms import only those that a change has been through before", () => {
  const inSync = imports.filter(({ file, room }) => file.startsWith("sync/") && room === "sync");
  assert(inSync.length > 100, "the imports were not found");
  const strays = inSync.filter(({ file, target }) => {
    const [from, to] = [file, target].map((each) => syncRooms.indexOf(syncRoomOf(each)));
    return from === undefined || to === undefined || from < 0 || to < 0 || to > from;
  });
  assertEquals(strays.map(describe), []);
});

Deno.test("zoho imports only types from mapping: it sends fields and does not make them", () => {
  const strays = imports.filter(({ file, room, isTypeOnly }) =>
    file.startsWith("zoho/") && room === "mapping" && !isTypeOnly
  );
  assertEquals(strays.map(describe), []);
});

Deno.test("webhook imports only types from sync: a hint marks, and the drain is passed in", () => {
  const strays = imports.filter(({ file, room, isTypeOnly }) =>
    file.startsWith("webhook/") && room === "sync" && !isTypeOnly
  );
  assertEquals(strays.map(describe), []);
});

for (const room of ["mapping", "merge"]) {
  Deno.test(`${room} does no I/O: no fetch, no clock, no random numbers, no packages`, () => {
    const effects =
      /\bfetch\(|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bcrypto\.|\bsetTimeout\(|\bconsole\./;
    const strays = files.filter((file) => file.startsWith(`${room}/`) && effects.test(code(file)));
    assertEquals(strays, []);
  });
}

Deno.test("only the three packages of the functions are imported", () => {
  const packages = new Set(imports.filter(({ room }) => room === "npm").map(({ target }) => target));
  assertEquals([...packages].sort(), [
    "@supabase/server",
    "@supabase/server/core",
    "@supabase/supabase-js",
    "zod",
  ]);
});

Deno.test("the functions use nothing of Node, and of Deno only the environment, in platform", () => {
  const node = /["']node:|\bprocess\.|\bBuffer\.|\brequire\(|\b__dirname\b/;
  assertEquals(files.filter((file) => node.test(code(file))), []);
  const strays = files.flatMap((file) =>
    [...code(file).matchAll(/\bDeno\.(\w+)/g)]
      .filter(([, name]) => name !== "env" || !file.startsWith("platform/"))
      .map(([use]) => `${file} uses ${use}`)
  );
  assertEquals(strays, []);
});

const root: { imports: Record<string, string> } = JSON.parse(
  Deno.readTextFileSync(new URL("deno.json", repository)),
);
const functionNames = [...Deno.readDirSync(functions)]
  .filter(({ name, isDirectory }) => isDirectory && !name.startsWith("_"))
  .map(({ name }) => name)
  .sort();

Deno.test("the functions are found", () => assert(functionNames.includes("zoho-sync")));

for (const name of functionNames) {
  Deno.test(`${name} pins the versions that the tests run with`, () => {
    const config: { imports: Record<string, string> } = JSON.parse(
      Deno.readTextFileSync(new URL(`${name}/deno.json`, functions)),
    );
    for (const [specifier, pinned] of Object.entries(config.imports)) {
      assertEquals(pinned, root.imports[specifier], specifier);
      assert(/@\d+\.\d+\.\d+(\/\w+)?$/.test(pinned), `${pinned} is not pinned`);
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
