import { join } from "node:path";
import type { Stack } from "../../local/stack.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { commandsOf, type FencedBlock } from "../support/docs/blocks.ts";
import { startPlatform } from "./doc/platform.ts";
import { openShell, type Said, type Shell } from "./doc/shell.ts";
import { ringAgain } from "./doc/ring_again.ts";
import { fold } from "../support/fold.ts";

const root = join(import.meta.dirname ?? "", "..", "..");

interface Scene {
  stack: Stack;
}

interface Step {
  /** A part of the block that this belongs to. */
  at: string;
  /** What was there before, or what the person does by hand. */
  before?: (scene: Scene) => Promise<unknown>;
  /** What the person answers when asked; a command without a terminal takes it from its variables. */
  answers?: (scene: Scene) => Promise<Record<string, string>>;
  /** What the person pastes. */
  typed?: (scene: Scene) => string;
  /** What the page says comes of it. */
  shows?: RegExp;
}

const steps: Step[] = [
  {
    at: "task zoho:connect",
    answers: async ({ stack }) => ({
      ZOHO_REGION: "US",
      ZOHO_CLIENT_ID: "1000.LOCALCLIENT",
      ZOHO_CLIENT_SECRET: "local-client-secret",
      ZOHO_GRANT_CODE: await stack.zoho.grantCode(),
      // The simulator in Zoho's place.
      ZOHO_ACCOUNTS_URL: stack.zohoUrl,
      ZOHO_API_URL: stack.zohoUrl,
    }),
    shows: /rights are granted/,
  },
  { at: "secrets set --env-file supabase/functions/.env", shows: /Finished supabase secrets set/ },
  {
    at: "read -rs ZOHO_SYNC_KEY",
    typed: ({ stack }) => `${stack.secretKey}\n`,
    shows: /Would push these migrations[^]*Finished supabase db push/,
  },
  { at: "functions deploy --use-api", shows: /Deployed Functions/ },
  {
    at: "zoho:fields --apply",
    shows: /\d+ to be made[^]*Contract_Number: created[^]*as they should be\.\s*$/,
  },
  { at: "task doctor", before: ({ stack }) => ringAgain(stack.sql), shows: /\b0 wrong\./ },
  { at: "functions/v1/zoho-token-refresh", shows: /"success":true,"expiresAt"/ },
  { at: "select jobname, schedule, active", shows: /zoho-sync-sweep[^]*zoho-token-refresh/ },
  { at: `{"entity":"contract","id":`, shows: /"success":true,"zohoEntityId"/ },
  {
    at: "backfill --entity contract",
    before: businessesOfOld,
    shows: /5 would be created[^]*5 were created/,
  },
  { at: "task reconcile", shows: /^As of \S+: [1-9]\d* match, 0 differ, 0 missing/m },
];

/** Null when every command of docs/deploy.md did what the page says. */
export async function followDeployDoc(): Promise<string | null> {
  const commands = commandsOf(await Deno.readTextFile(join(root, "docs", "deploy.md")));
  const strays = steps.filter(({ at }) => !commands.some(({ text }) => text.includes(at)));
  if (strays.length > 0) return `the page has no block with: ${strays.map(({ at }) => at).join("; ")}`;

  await using platform = await startPlatform();
  const folder = await Deno.makeTempDir({ prefix: "deploy-" });
  const scene: Scene = { stack: platform.stack };
  const shell = openShell({ folder, bin: platform.bin });
  try {
    for (const block of commands) {
      const fault = await follow(block, scene, shell);
      if (fault) return `docs/deploy.md:${block.line}: ${fault}`;
    }
    return await wasInStep(scene);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function follow(block: FencedBlock, scene: Scene, shell: Shell): Promise<string | null> {
  const step = steps.find(({ at }) => block.text.includes(at));
  await step?.before?.(scene);
  const text = await filledIn(block.text, scene);
  const answers = Object.entries(await step?.answers?.(scene) ?? {});
  const given = answers.map(([name, value]) => `export ${name}='${value}'\n`).join("");
  const taken = answers.map(([name]) => `\nunset ${name}`).join("");
  const said = block.language === "sql"
    ? await query(scene.stack, text)
    : await shell.run(`${given}${text}${taken}`, step?.typed?.(scene));
  if (!said.success) return `failed:\n${said.output}`;
  if (step?.shows && !step.shows.test(said.output)) return `does not show ${step.shows}:\n${said.output}`;
  return null;
}

/** Placeholders for the reader's own values. */
async function filledIn(text: string, { stack }: Scene): Promise<string> {
  const contract = async () => {
    const known = await stack.sql<{ id: string }[]>`select id from public.contracts limit 1`;
    return known[0]?.id ?? (await insertBusiness(stack.sql)).contract.id;
  };
  const values: [placeholder: string, value: string | (() => Promise<string>)][] = [
    ["<this repository>", root],
    ["https://<ref>.supabase.co", stack.apiUrl],
    ["<ref>", "abcdefghijklmnopqrst"],
    ["sb_secret_…", stack.secretKey],
    ["<contract id>", contract],
  ];
  for (const [placeholder, value] of values) {
    if (!text.includes(placeholder)) continue;
    text = text.replaceAll(placeholder, typeof value === "string" ? value : await value());
  }
  return text;
}

/** The SQL editor of the dashboard: as `postgres`, several statements at a time. */
async function query({ sql }: Stack, text: string): Promise<Said> {
  try {
    const rows = await sql.unsafe(text).simple();
    return { success: true, output: JSON.stringify(rows) };
  } catch (error) {
    return { success: false, output: String(error) };
  }
}

/** Contracts that were there before the triggers were: nothing of them is queued. */
async function businessesOfOld({ stack: { sql } }: Scene): Promise<void> {
  for (let i = 0; i < 5; i++) await insertBusiness(sql);
  await fold(sql);
  await sql`delete from public.zoho_sync_queue where true`;
}

/** At the end of the page the contract's Deal holds what it should, and nothing was refused. */
async function wasInStep({ stack }: Scene): Promise<string | null> {
  const [deal] = await stack.zoho.records("Deals");
  if (!deal?.Contract_Number || !deal.KYC_Status) {
    return `the Deal is not whole: ${JSON.stringify(deal ?? null)}`;
  }
  await fold(stack.sql);
  const dead = await stack
    .sql`select entity_type, error_code from public.zoho_sync_queue where status = 'dead'`;
  return dead.length === 0 ? null : `dead letters: ${JSON.stringify(dead)}`;
}
