/** Advice for Dashboard → SQL Editor. */
export const inEditor = (sql: string) => `In the SQL editor: ${sql}`;

/** Placeholders that the reader replaces. */
export const someSecretKey = "<a secret key of the project>";

/** SQL that puts a secret into Vault. */
export function storing(name: string, value: string, isThere: boolean): string {
  return isThere
    ? `select vault.update_secret((select id from vault.secrets where name = '${name}'), '${value}');`
    : `select vault.create_secret('${value}', '${name}');`;
}
