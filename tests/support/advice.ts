import { FUNCTIONS } from "../../local/functions.ts";
import type { Stack } from "../../local/stack.ts";

/** What the doctor tells a person to do, by its form, and how a test does it. */
interface Advice {
  form: RegExp;
  follow: (stack: Stack, how: Following, found: RegExpExecArray) => Promise<unknown>;
}

export interface Following {
  /** The right values of variables; one that is not here is taken away. */
  variables?: Record<string, string>;
  /** Done where the advice names a page of the dashboard, a screen of Zoho or of the platform. */
  byHand?: () => Promise<unknown>;
}

const byHand: Advice["follow"] = (_stack, how) => {
  if (!how.byHand) throw new Error("the test does not say how this is done by hand");
  return how.byHand();
};

/** In order: the first form that fits. */
const forms: Advice[] = [
  {
    form: /In the SQL editor: (.*?)(?: \(or .*\))?$/s,
    follow: (stack, how, [, sql = ""]) => inEditor(stack, sql, how),
  },
  {
    form: /supabase secrets set (\w+)=/,
    follow: (stack, { variables }, [, name = ""]) => restartAll(stack, { [name]: variables?.[name] }),
  },
  { form: /^supabase functions deploy/, follow: (stack, { variables }) => deploy(stack, variables ?? {}) },
  { form: /^supabase db push --remote --yes/, follow: byHand },
  { form: /deno task zoho:connect/, follow: byHand },
  {
    form: /^deno task zoho:fields --apply/,
    follow: (stack) => stack.invoke("zoho-admin/fields", { apply: true }),
  },
  {
    form: /^deno task zoho:watch (open|renew)/,
    follow: (stack, _how, [, action]) => stack.invoke("zoho-admin/watch", { action }),
  },
  { form: /^deno task adopt$/, follow: byHand },
  { form: /on the dashboard/, follow: byHand },
  { form: /^In Zoho: /, follow: byHand },
  { form: /^Restart the (database|project) \(Dashboard/, follow: byHand },
];

/** Advice that asks for patience, or for somebody at the platform. */
const noAct =
  /by itself|nothing to do|^Nothing, if the rest is well|tell its support|^Look again; if it stays/;

/** The form of an advice; null where there is nothing that a person could do. @throws for one of no known form */
export function formOf(advice: string): RegExp | null {
  const known = forms.find(({ form }) => form.test(advice));
  if (known) return known.form;
  if (noAct.test(advice)) return null;
  throw new Error(`no test carries this out: ${advice}`);
}

/** Does what the advice says. */
export async function follow(stack: Stack, advice: string, how: Following = {}): Promise<void> {
  for (const { form, follow } of forms) {
    const found = form.exec(advice);
    if (found) return void await follow(stack, how, found);
  }
  throw new Error(`no test carries this out: ${advice}`);
}

/** As `postgres`, several statements at a time. pg_net's worker is no part of Postgres here: its restart starts it. */
async function inEditor(stack: Stack, sql: string, how: Following): Promise<void> {
  const filled = sql.replaceAll("<a secret key of the project>", stack.secretKey)
    .replaceAll("<address>", how.variables?.address ?? "");
  await stack.sql.unsafe(filled).simple();
  if (sql.includes("net.worker_restart")) stack.net.start();
}

async function restartAll(stack: Stack, change: Record<string, string | undefined>): Promise<void> {
  for (const name of stack.functions.names) await stack.functions.restart(name, change);
}

async function deploy(stack: Stack, variables: Record<string, string>): Promise<void> {
  await restartAll(stack, variables);
  await stack.functions.deploy(FUNCTIONS);
}
