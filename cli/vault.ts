// deno task deploy:vault > vault.sql: what Postgres needs to ring the functions, as SQL. `[db.vault]` in config.toml does
// the same, but only when `db push` has a migration to apply.

const usage =
  `Needs PROJECT_URL (https://<ref>.supabase.co) and ZOHO_SYNC_KEY (a secret key of the project, sb_secret_…).`;

/** Allowed characters, so that no value can break out of the SQL around it. */
const secrets: { name: string; variable: string; form: RegExp }[] = [
  { name: "project_url", variable: "PROJECT_URL", form: /^https?:\/\/[\w.-]+(:\d+)?$/ },
  { name: "zoho_sync_key", variable: "ZOHO_SYNC_KEY", form: /^sb_secret_[\w-]+$/ },
];

/** @throws Error naming the variable that is missing or of another form; never with its value */
export function vaultSql(env: (name: string) => string | undefined): string {
  const values = secrets.map(({ name, variable, form }) => {
    const value = (env(variable) ?? "").trim().replace(/\/+$/, "");
    if (!form.test(value)) {
      throw new Error(`${variable} is ${value === "" ? "not set" : "of another form"}. ${usage}`);
    }
    return `('${name}', '${value}')`;
  });
  return `do $$
declare
  v_secret record;
  v_id uuid;
begin
  for v_secret in select * from (values ${values.join(", ")}) s (name, value) loop
    select id into v_id from vault.secrets where name = v_secret.name;
    if v_id is null then
      perform vault.create_secret(v_secret.value, v_secret.name);
    else
      perform vault.update_secret(v_id, v_secret.value);
    end if;
  end loop;
end $$;`;
}

if (import.meta.main) {
  try {
    console.log(vaultSql((name) => Deno.env.get(name)));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
