import postgres from "postgres";
import type { Stack } from "../../local/stack.ts";
import { invoice } from "../../supabase/functions/_shared/mapping/invoice.ts";
import { Administrator } from "../support/administrator.ts";
import type { Following } from "../support/advice.ts";

/** What breaks, what exactly is found, and what the advice leaves to a person. */
export type Breakdown = [what: string, breakIt: () => Promise<unknown>, expected: string[], how?: Following];

/** The stack is there when the tests begin. */
export interface Place {
  stack: Stack;
  /** The text of a function that a breakdown took away. */
  kept: string;
}

const address = "new.admin@circletel.example";

/** States of a stack in which one thing is wrong. */
export function breakdownsOf(at: Place): Breakdown[] {
  const vaultKey = (value: string) =>
    at.stack
      .sql`select vault.update_secret((select id from vault.secrets where name = 'zoho_sync_key'), ${value})`;
  const queued = (change: Record<string, string | number | Date>) =>
    at.stack.sql`
    insert into public.zoho_sync_queue ${
      at.stack.sql({ entity_type: "contract", entity_id: crypto.randomUUID(), cause: "test", ...change })
    }`;
  const anHourAgo = () => new Date(Date.now() - 3_600_000);
  const retryAll = async () => {
    await at.stack.invoke("zoho-admin/retry", { all: true });
    await at.stack.invoke("zoho-sync", {});
  };
  const zohoSays = (settings: Parameters<Stack["zoho"]["changeSettings"]>[0]) =>
    at.stack.zoho.changeSettings(settings);
  const scopes = () =>
    "ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.coql.READ ZohoSearch.securesearch.READ " +
    "ZohoCRM.notifications.ALL ZohoCRM.org.READ ZohoCRM.users.READ";

  const definitionOf = async (name: string) => {
    const [row] = await at.stack.sql`select pg_get_functiondef(${name}::regprocedure) as text`;
    return String(row?.text);
  };
  return [
    [
      "a trigger that somebody switched off",
      () => at.stack.sql`alter table public.contracts disable trigger zoho_sync_update`,
      ["fail triggers"],
    ],
    [
      "two triggers, one off and one gone",
      async () => {
        await at.stack.sql`alter table public.customers disable trigger zoho_sync_update`;
        await at.stack.sql`drop trigger zoho_sync_delete on public.kyc_sessions`;
      },
      ["fail triggers"],
    ],
    [
      "a cron job that is gone",
      () => at.stack.sql`select cron.unschedule('zoho-sync-sweep')`,
      ["fail cron zoho-sync-sweep"],
    ],
    [
      "a cron job that is switched off",
      () =>
        at.stack
          .sql`select cron.alter_job(jobid, active := false) from cron.job where jobname = 'zoho-token-refresh'`,
      ["fail cron zoho-token-refresh"],
    ],
    [
      "a cron job that does something else",
      () =>
        at.stack
          .sql`select cron.alter_job(jobid, command := 'select 1') from cron.job where jobname = 'zoho-sync-purge'`,
      ["fail cron zoho-sync-purge"],
    ],
    [
      "a Vault without the key",
      () => at.stack.sql`delete from vault.secrets where name = 'zoho_sync_key'`,
      ["fail Vault zoho_sync_key"],
    ],
    [
      "a key in Vault that is of the old kind",
      () => vaultKey("eyJ.an.old-jwt"),
      ["fail Vault zoho_sync_key"],
    ],
    [
      "a key in Vault that was deleted from the project, before anything rings",
      () => vaultKey("sb_secret_deleted_from_the_project"),
      ["fail Vault zoho_sync_key"],
    ],
    [
      "a Vault without the address",
      () => at.stack.sql`delete from vault.secrets where name = 'project_url'`,
      ["fail Vault project_url"],
    ],
    [
      "another project's address in Vault",
      () =>
        at.stack
          .sql`select vault.update_secret((select id from vault.secrets where name = 'project_url'), 'https://y.example')`,
      ["fail Vault project_url"],
    ],
    [
      "a table of admins in which everybody writes their own row (D11)",
      () =>
        at.stack.sql.unsafe(`
        grant update on public.admin_users to authenticated;
        create policy "own row" on public.admin_users for update to authenticated using ((select auth.uid()) = id);`)
          .simple(),
      ["warn admin rights"],
    ],
    [
      "a queue that an operator paused",
      () => at.stack.invoke("zoho-admin/pause", { reason: "month end" }),
      ["warn pause"],
    ],
    [
      "a pause after a fault that is over",
      () =>
        at.stack
          .sql`update public.zoho_sync_state set paused_until = 'infinity', pause_code = 'AUTHORIZATION_FAILED', pause_message = 'm'`,
      ["fail pause"],
    ],
    [
      "a dead letter",
      () => queued({ status: "dead", error_code: "INVALID_DATA" }),
      ["warn dead letters"],
      { byHand: retryAll },
    ],
    [
      "a KYC result that has not reached Zoho, and is a dead letter",
      () => queued({ status: "dead", error_code: "INVALID_DATA", lane: 0, enqueued_at: anHourAgo() }),
      ["fail unsent compliance", "warn dead letters"],
      { byHand: retryAll },
    ],
    [
      "a question that nobody has answered for days",
      () =>
        at.stack.sql`
        insert into public.zoho_questions (kind, entity_type, entity_id, answers, asked_at)
        values ('record_gone', 'contract', gen_random_uuid(), '{create,unlink}', now() - interval '4 days')`,
      ["warn questions"],
      {
        byHand: async () => {
          const [question] = await at.stack
            .sql`select id, answers from public.zoho_questions where closed_at is null`;
          await at.stack.invoke("zoho-admin/questions/answer", {
            ids: [question?.id],
            choice: question?.answers[1],
          });
        },
      },
    ],
    [
      "a right that the token lacks",
      () => zohoSays({ scopes: scopes().replace("ZohoSearch.securesearch.READ", "") }),
      ["fail right ZohoSearch.securesearch.READ"],
      { byHand: () => zohoSays({ scopes: scopes() }) },
    ],
    [
      "a module of line items that the integration's user may not read",
      () => zohoSays({ noPermission: ["Quoted_Items"] }),
      ["warn line items Quoted_Items"],
      { byHand: () => zohoSays({ noPermission: [] }) },
    ],
    [
      "a picklist without one of its values",
      () =>
        new Administrator(at.stack).change("Deals", "Risk_Tier", {
          pick_list_values: ["Medium", "High"].map((actual_value) => ({ actual_value, _delete: null })),
        }),
      ["fail field Deals.Risk_Tier"],
    ],
    [
      "a field that was deleted",
      () => new Administrator(at.stack).delete("Quotes", "KYC_Status"),
      ["fail field Quotes.KYC_Status"],
    ],
    [
      "a notification channel that another deployment points elsewhere (I2)",
      () =>
        at.stack.functions.restart("zoho-admin", {
          SUPABASE_URL: at.stack.apiUrl.replace("127.0.0.1", "localhost"),
        })
          .then(() => at.stack.invoke("zoho-admin/watch", { action: "open" }))
          .then(() => at.stack.functions.restart("zoho-admin", { SUPABASE_URL: at.stack.apiUrl })),
      ["fail notification channel"],
    ],
    [
      "calls of the functions by an old value of a secret that are still let in",
      () =>
        at.stack.functions.restart("zoho-admin", {
          ZOHO_CRM_WEBHOOK_SECRET: `${at.stack.webhookSecret},${"o".repeat(36)}`,
        }),
      ["warn rotation of ZOHO_CRM_WEBHOOK_SECRET"],
      { variables: () => ({ ZOHO_CRM_WEBHOOK_SECRET: at.stack.webhookSecret }) },
    ],
    [
      "an accounts host that does not answer",
      () => at.stack.functions.restart("zoho-admin", { ZOHO_ACCOUNTS_URL: "http://127.0.0.1:9" }),
      ["fail clock"],
      { variables: () => ({ ZOHO_REGION: "US", ZOHO_ACCOUNTS_URL: at.stack.zohoUrl }) },
    ],
    [
      "the database of another project (I1)",
      () => at.stack.sql`update zoho_sync.identity set project_host = 'y.supabase.co' where id`,
      ["fail identity"],
    ],
    [
      "credentials of another org (I3)",
      () => at.stack.sql`update zoho_sync.identity set org_id = '999' where id`,
      ["fail Zoho org"],
    ],
    [
      "a copy that runs with another org's credentials",
      () =>
        at.stack.sql`update zoho_sync.identity set project_host = 'y.supabase.co', org_id = '999' where id`,
      ["fail identity", "fail Zoho org"],
    ],
    ["a sync that observes", () => at.stack.sql`select public.zoho_observe(true)`, ["warn observing"]],
    [
      "writes that the database does not remember",
      () =>
        at.stack
          .sql`update public.zoho_sync_state set paused_until = 'infinity', pause_code = 'UNKNOWN_WRITES', pause_message = 'm'`,
      ["fail pause"],
      { byHand: () => at.stack.invoke("zoho-admin/revisions/adopt", {}) },
    ],
    [
      "a change that has been due for an hour",
      () => {
        at.stack.net.start();
        return queued({ enqueued_at: anHourAgo(), next_attempt_at: anHourAgo() });
      },
      ["fail doorbell", "fail oldest unsent change"],
    ],
    [
      "a database without an active admin",
      async () => {
        await at.stack
          .sql`insert into auth.users (id, email) values (gen_random_uuid(), ${address}) on conflict do nothing`;
        await at.stack.sql`update public.admin_users set is_active = false where true`;
      },
      ["warn admins"],
      { variables: () => ({ address }) },
    ],
    [
      "a channel that was never opened",
      () => at.stack.sql`update zoho_sync.identity set channel_id = zoho_sync.new_channel_id() where id`,
      ["warn notification channel"],
    ],
    [
      "a channel that nobody renewed",
      async () => {
        const [row] = await at.stack.sql`select channel_id from zoho_sync.identity`;
        await new Administrator(at.stack).endChannelIn(String(row?.channel_id), 20 * 3_600_000);
      },
      ["warn notification channel"],
    ],
    [
      "a module that the integration's user may not read",
      () => zohoSays({ noPermission: ["Invoices"] }),
      ["warn right ZohoCRM.modules.invoices.READ", "warn line items Invoiced_Items"],
      { byHand: () => zohoSays({ noPermission: [] }) },
    ],
    [
      "a module that is hidden from the integration's user",
      () => zohoSays({ hiddenModules: ["Invoices"] }),
      [
        "warn right ZohoCRM.modules.invoices.READ",
        ...Object.keys(invoice.owners).map((field) => `warn field Invoices.${field}`),
        "warn line items Invoiced_Items",
      ],
      { byHand: () => zohoSays({ hiddenModules: [] }) },
    ],
    [
      "a function that the database lacks",
      () => at.stack.sql`alter function public.zoho_doctor() rename to zoho_doctor_of_another_release`,
      ["fail database"],
      {
        byHand: () =>
          at.stack.sql`alter function public.zoho_doctor_of_another_release() rename to zoho_doctor`,
      },
    ],
    [
      "a database older than the functions",
      async () => {
        at.kept = await definitionOf("zoho_sync.doctor_questions()");
        await at.stack.sql.unsafe(
          `create or replace function zoho_sync.doctor_questions() returns jsonb language sql stable set search_path = '' as $$ select '{"open": 0}'::jsonb $$`,
        );
      },
      ["fail questions"],
      { byHand: () => at.stack.sql.unsafe(at.kept) },
    ],
    [
      "a Vault whose root key was lost with the project that it was made in (I7)",
      async () => {
        const owner = postgres(at.stack.dbAdminUrl, { max: 1, onnotice() {} });
        await owner.unsafe(`
          update vault.secrets set secret = 'another key' where true;
          create or replace function vault._decode(secret text) returns text language plpgsql immutable set search_path = '' as $$
          begin
            if secret = 'another key' then
              raise exception 'pgsodium_crypto_aead_det_decrypt_by_id: invalid ciphertext' using errcode = '22000';
            end if;
            return convert_from(decode(secret, 'base64'), 'UTF8');
          end $$`).simple();
        await owner.end();
      },
      ["fail Vault"],
    ],
    ["pg_net dropped", () => at.stack.sql`drop extension pg_net cascade`, ["fail extension pg_net"]],
  ];
}
