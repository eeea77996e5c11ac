import { adopt } from "../../cli/adopt.ts";
import { FUNCTIONS } from "../../local/functions.ts";
import type { Stack } from "../../local/stack.ts";

/** What the doctor tells a person to do, by its form, and how a test does it. */
interface Advice {
  form: RegExp;
  follow: (stack: Stack, how: Following, found: RegExpExecArray) => Promise<unknown>;
}

export interface Following {
  /** The right values of variables; one that is not here is taken away. */
  variables?: () => Record<string, string | undefined>;
  /** Done where the advice names a page of the dashboard, a screen of Zoho or of the platform. */
  byHand?: () => Promise<unknown>;
  /** What comes by itself once the advice was followed: the next run of a job. */
  later?: () => Promise<unknown>;
}

const byHand: Advice["follow"] = (_stack, how) => {
  if (!how.byHand) throw new Error("the test does not say how this is done by hand");
  return how.byHand();
};

/** In order: the first form that fits. */
const forms: Advice[] = [
  {
    form: /^In the SQL editor: (.*?)(?: \(or .*\))?$/s,
    follow: (stack, how, [, sql = ""]) => inEditor(stack, sql, how),
  },
  {
    form: /supabase secrets set (\w+)=/,
    follow: (stack, { variables }, [, name = ""]) =>
      restartAll(stack, variables?.() ?? { [name]: undefined }),
  },
  {
    form: /^supabase functions deploy/,
    follow: (stack, { variables }) => deploy(stack, variables?.() ?? {}),
  },
  { form: /^supabase db push --remote --yes/, follow: byHand },
  { form: /deno task adopt --org (\d+)( --take-over)?/, follow: adoptFor },
  { form: /deno task adopt$/, follow: byHand },
  { form: /deno task zoho:connect/, follow: byHand },
  {
    form: /^deno task zoho:fields --apply/,
    follow: (stack) => stack.invoke("zoho-admin/fields", { apply: true }),
  },
  {
    form: /^deno task zoho:watch (open|renew)/,
    follow: (stack, _how, [, action]) => stack.invoke("zoho-admin/watch", { action }),
  },
  { form: /on the dashboard/, follow: byHand },
  { form: /^In Zoho: /, follow: byHand },
  { form: /^Restart the (database|project) \(Dashboard/, follow: byHand },
];

/** Advice that asks for patience, or for somebody at the platform; or the first half of what another finding says. */
const noAct =
  /by itself|nothing to do|^Nothing, if|tell its support|^Look again; if it stays|^Mend what else is listed here$/;

const stepsOf = (advice: string) => advice.split("; then: ");

function adviceOf(step: string): Advice | null {
  const known = forms.find(({ form }) => form.test(step));
  if (known) return known;
  if (noAct.test(step)) return null;
  throw new Error(`no test carries this out: ${step}`);
}

/** Whether there is something that a person can do. @throws for an advice of no known form */
export function isAct(advice: string): boolean {
  return stepsOf(advice).map(adviceOf).some((known) => known !== null);
}

/** Does what the advice says. */
export async function follow(stack: Stack, advice: string, how: Following = {}): Promise<void> {
  for (const step of stepsOf(advice)) {
    const known = adviceOf(step);
    const found = known?.form.exec(step);
    if (known && found) await known.follow(stack, how, found);
  }
}

async function adoptFor(
  stack: Stack,
  _how: Following,
  [, org = "", takeOver]: RegExpExecArray,
): Promise<void> {
  const env: Record<string, string> = { SUPABASE_URL: stack.apiUrl, SUPABASE_SECRET_KEY: stack.secretKey };
  const terminal = { env: (name: string) => env[name], print() {}, fetch };
  await adopt(["--org", org, ...(takeOver ? ["--take-over"] : [])], terminal);
}

/** As `postgres`, several statements at a time. pg_net's worker is no part of Postgres here: its restart starts it. */
async function inEditor(stack: Stack, sql: string, how: Following): Promise<void> {
  const filled = sql.replaceAll("<a secret key of the project>", stack.secretKey)
    .replaceAll("<address>", how.variables?.().address ?? "");
  await stack.sql.unsafe(filled).simple();
  if (sql.includes("net.worker_restart")) stack.net.start();
}

async function restartAll(stack: Stack, change: Record<string, string | undefined>): Promise<void> {
  await Promise.all(stack.functions.names.map((name) => stack.functions.restart(name, change)));
}

async function deploy(stack: Stack, variables: Record<string, string | undefined>): Promise<void> {
  await restartAll(stack, variables);
  await stack.functions.deploy(FUNCTIONS);
}
