import { type Postgres, startPostgres } from "../../local/postgres.ts";

/**
 * The server that many short-lived databases share. Autovacuum would visit each of them every minute, costs a process each
 * time, and comes between a test and the plans that it looks at.
 */
export function startTestPostgres(): Promise<Postgres> {
  return startPostgres({ inMemory: true, flags: { autovacuum: "off" } });
}
