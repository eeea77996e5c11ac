import { disownCopy, hasStandIns, readDatabaseState, refusalOf } from "./existing_database.ts";
import type { Stack, StackOptions } from "./stack.ts";

/** @throws Error saying why this database is not started with */
export async function copyOptions(url: string, asCopy: boolean): Promise<StackOptions> {
  if (!URL.canParse(url)) {
    throw new Error("--database takes an address: postgres://user:password@127.0.0.1:5432/postgres");
  }
  const state =
    refusalOf(url, { isOurs: true, projectHost: null, mappings: 0, vaultUrl: null }, true) === null
      ? await readDatabaseState(url).catch((error) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`--database cannot be read (${reason}).\n→ Start its server, or correct the address`);
      })
      : null;
  const refusal = refusalOf(url, state, asCopy);
  if (refusal !== null) throw new Error(refusal);
  const isWorked = await hasStandIns(url);
  return {
    databaseUrl: url,
    net: isWorked ? {} : false,
    cron: isWorked,
    ...(asCopy && { prepare: disownCopy }),
  };
}

/** Adopts the copy for the simulator's org, by the way that a person takes. @throws Error with the refusal */
export async function adoptCopy(stack: Stack): Promise<void> {
  const answer = await fetch(`${stack.apiUrl}/functions/v1/zoho-admin/identity`, {
    headers: { apikey: stack.secretKey },
  });
  const { credentialsOrg } = await answer.json();
  const adopted = await stack.invoke("zoho-admin/adopt", { org: credentialsOrg });
  if (adopted.status !== 200) throw new Error(`the copy was not adopted: ${JSON.stringify(adopted.body)}`);
}
