import { sweepDeadRuns } from "../../local/run_dir.ts";
import { startTestPostgres } from "./test_postgres.ts";

// `deno task test` starts one Postgres for all test files and names it here; a file run alone starts its own.
export const CLUSTER_VARIABLE = "TEST_CLUSTER_URL";

/** The superuser's address of the Postgres that the tests share. */
export const clusterUrl: string = Deno.env.get(CLUSTER_VARIABLE) ?? await startOwnCluster();

async function startOwnCluster(): Promise<string> {
  await sweepDeadRuns();
  const server = await startTestPostgres();
  Deno.test.afterAll(() => server.stop());
  return server.adminUrl;
}
