import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { adopt } from "../../cli/adopt.ts";
import { runDoctor } from "../../cli/doctor.ts";
import { runObserve } from "../../cli/observe.ts";
import { runReconcile } from "../../cli/reconcile.ts";
import { runBackfill } from "../../cli/support/backfill.ts";
import { CommandError, type Terminal } from "../../cli/support/command.ts";
import { localTime } from "../../cli/support/local_time.ts";
import { readProject } from "../../cli/support/project.ts";
import { ensureWritable } from "../../cli/support/writable_file.ts";

// What a person mistypes at a terminal: it is refused before anything is done, and the message says what to write.

const project = { SUPABASE_URL: "https://x.supabase.co", SUPABASE_SECRET_KEY: "sb_secret_x" };

/** A terminal whose project is never to be asked. */
const silent: Terminal = {
  env: (name) => ({ ...project } as Record<string, string>)[name],
  print: () => {},
  fetch: () => Promise.reject(new Error("the project was asked")),
};

const commands = {
  backfill: runBackfill,
  reconcile: runReconcile,
  doctor: (args: string[], terminal: Terminal) => runDoctor(args, terminal),
  adopt,
  observe: runObserve,
};
const RUN = "0b8f6a52-7a55-4a3b-9c7d-2f4f3b1f7a10";

const wrong: [command: keyof typeof commands, args: string, write: string][] = [
  ["backfill", "", "→ Write --entity contract"],
  ["backfill", "--entity contracts", "→ Write --entity contract"],
  ["backfill", "--entity Deals", "there is quote, contract, customer, invoice"],
  ["backfill", "--entitty contract", "→ Write --entity"],
  ["backfill", "contract", "→ Write --entity contract"],
  ["backfill", "--entity contract now", "→ Write --entity contract"],
  ["backfill", "--entity contract --since yesterday", "→ Write --entity contract --since 2026-01-31"],
  ["backfill", "--entity contract --status", "--entity and --status do not go together"],
  ["backfill", `--cancel ${RUN} --dry-run`, "--dry-run belongs to --entity"],
  ["backfill", "--status --dry-run", "--dry-run belongs to --entity"],
  ["backfill", "--resume --since 2026-01-31", "--since belongs to --entity"],
  ["backfill", "--resume 7", "→ deno task backfill --status lists them"],
  ["backfill", `--cancel ${RUN}x`, "→ deno task backfill --status lists them"],
  ["reconcile", "--entity quotes", "→ Write --entity quote"],
  ["reconcile", "--repare", "→ Write --repair"],
  ["reconcile", "repair", "→ Write --repair"],
  ["reconcile", "--recreate-deleted", "→ Write --repair --recreate-deleted"],
  ["reconcile", "--csv - --json", "→ Write --csv FILE"],
  ["reconcile", "--csv /no/such/folder/report.csv", "cannot be written (NotFound); nothing was done"],
  [
    "observe",
    "plan --entity contract --csv /no/such/folder/plan.csv",
    "cannot be written (NotFound); nothing was done",
  ],
  ["doctor", "everything", "→ Leave it out"],
  ["doctor", "all", "→ Write --all"],
  ["adopt", "--org abc", "--org abc is not the id of an org.\n→ deno task adopt"],
  ["observe", "on --entity contract", "→ Write plan --entity contract"],
  ["observe", "off --csv plan.csv", "--csv belongs to plan"],
  ["adopt", "--take-over", "--take-over belongs to --org"],
  ["observe", "plan", "→ Write plan --entity contract"],
  ["observe", "plan --entity kontract", "→ Write --entity contract\n\nUsage: deno task observe"],
];

for (const [name, args, write] of wrong) {
  Deno.test(`deno task ${name} ${args}`.trim() + " is refused before the project is asked", async () => {
    const given = args === "" ? [] : args.split(" ");
    const error = await assertRejects(() => commands[name](given, silent), CommandError);
    assertStringIncludes(error.message, write);
    assertEquals(error.exitCode, 2);
  });
}

const urls: [given: string, write: string][] = [
  ["", "export SUPABASE_URL=https://<ref>.supabase.co"],
  ["x.supabase.co", "export SUPABASE_URL=https://x.supabase.co"],
  ["https://x.supabase.co/functions/v1", "export SUPABASE_URL=https://x.supabase.co"],
  ["not an address", "export SUPABASE_URL=https://<ref>.supabase.co"],
  ["postgres://x:5432/postgres", "export SUPABASE_URL=https://<ref>.supabase.co"],
];

Deno.test("an invalid address is answered with the one to write", () => {
  for (const [url, write] of urls) {
    const env = (name: string) => ({ ...project, SUPABASE_URL: url } as Record<string, string>)[name];
    const error = assertThrows(() => readProject({ env }), CommandError);
    assertStringIncludes(error.message, `→ ${write}\n`, url);
  }
  for (const url of ["http://127.0.0.1:54321", "http://localhost:54321", "https://x.supabase.co"]) {
    const env = (name: string) => ({ ...project, SUPABASE_URL: url } as Record<string, string>)[name];
    assertEquals(readProject({ env }).url, url);
  }
});

Deno.test("a publishable key is not accepted as the secret one", () => {
  const env = (name: string) =>
    ({ ...project, SUPABASE_SECRET_KEY: "sb_publishable_x" } as Record<string, string>)[name];
  assertThrows(() => readProject({ env }), CommandError, "→ export SUPABASE_SECRET_KEY=sb_secret_…");
});

Deno.test("a moment is shown in the reader's local time", () => {
  assertEquals(localTime("2026-11-23T23:30:00+00:00", "Africa/Johannesburg"), "2026-11-24 01:30");
  assertEquals(localTime("soon"), "soon");
});

Deno.test("checking that a file is writable neither leaves one behind nor changes an existing one", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await ensureWritable("--csv", `${folder}/new.csv`);
    assertEquals((await Array.fromAsync(Deno.readDir(folder))).length, 0);
    await Deno.writeTextFile(`${folder}/old.csv`, "kept");
    await ensureWritable("--csv", `${folder}/old.csv`);
    assertEquals(await Deno.readTextFile(`${folder}/old.csv`), "kept");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("--json prints the answer and nothing else", async () => {
  const printed: string[] = [];
  const answers: Record<string, unknown> = {
    "POST /reconcile": { success: true, run: "r1", started: true },
    "GET /reconcile": {
      success: true,
      line: "As of 10:00: 1 matches, 0 differ, 0 missing",
      run: { status: "finished" },
      counts: { match: 1, differs: 0, missing: 0, extra: 0, queued: 0 },
      items: [],
    },
    "GET /backfill": { success: true, runs: [{ id: RUN, entity: "contract" }] },
  };
  const terminal: Terminal = {
    ...silent,
    print: (text) => printed.push(text),
    fetch: (input, init) => {
      const path = new URL(String(input)).pathname.replace("/functions/v1/zoho-admin", "");
      return Promise.resolve(Response.json(answers[`${init?.method} ${path}`]));
    },
  };
  assertEquals(await runReconcile(["--json"], terminal), 0);
  assertEquals(JSON.parse(printed.splice(0).join("\n")).counts.match, 1);
  assertEquals(await runBackfill(["--status", "--json"], terminal), 0);
  assertEquals(JSON.parse(printed.join("\n"))[0].id, RUN);
});

Deno.test("adopting a database that writes to the same org is said to be a take-over", async () => {
  const said: string[] = [];
  const identity = { projectHost: "other.supabase.co", askedBy: "x.supabase.co", isOwn: false, orgId: "700" };
  const terminal = (credentialsOrg: string): Terminal => ({
    ...silent,
    print: (text) => said.push(text),
    fetch: () => Promise.resolve(Response.json({ success: true, identity, credentialsOrg })),
  });
  assertEquals([await adopt([], terminal("700")), await adopt([], terminal("800"))], [1, 1]);
  assertStringIncludes(said[0] ?? "", "deno task adopt --org 700 --take-over");
  assertEquals(said[1]?.endsWith("deno task adopt --org 800"), true);
});
