import postgres from "postgres";
import { createDatabase } from "../../local/database.ts";
import { type Stack, type StackOptions, startStack } from "../../local/stack.ts";
import type { Sizes } from "./sizes.ts";

/** What a section gets. Everything it starts is in `started`, so that it ends also when the section is cut off. */
export interface Bench {
  clusterUrl: string;
  /** The cluster is somebody's: databases that took long to fill stay in it, and a run that was cut off goes on with them. */
  keeps: boolean;
  sizes: Sizes;
  started: AsyncDisposableStack;
}

export async function benchStack(
  { clusterUrl, started }: Bench,
  types?: StackOptions["types"],
): Promise<Stack> {
  const stack = await startStack({ clusterUrl, ...(types === undefined ? {} : { types }) });
  started.defer(() => stack.stop());
  return stack;
}

/** A fresh database with all migrations, and a way to open connections to it. */
export async function benchDatabase({ clusterUrl, started }: Bench): Promise<(max: number) => postgres.Sql> {
  const database = await createDatabase(clusterUrl, "plain");
  started.defer(() => database.drop());
  return (max) => {
    const sql = postgres(database.url, { max, onnotice() {} });
    started.defer(() => sql.end({ timeout: 1 }));
    return sql;
  };
}
