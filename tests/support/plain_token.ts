import type postgres from "postgres";

/** A token row as the original service left it in production, before there was a check that refuses it. */
export async function insertPlainToken(
  sql: postgres.Sql,
  row: { access_token: string; refresh_token: string; expires_at: string },
): Promise<void> {
  const [check] = await sql<{ text: string }[]>`
    select pg_get_constraintdef(oid) as text from pg_constraint where conname = 'zoho_tokens_sealed'`;
  await sql`alter table public.zoho_tokens drop constraint zoho_tokens_sealed`;
  await sql`insert into public.zoho_tokens ${sql(row)}`;
  await sql.unsafe(`alter table public.zoho_tokens add constraint zoho_tokens_sealed ${check?.text}`);
}
