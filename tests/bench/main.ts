import postgres from "postgres";
import { startPostgres } from "../../local/postgres.ts";
import { createDatabase } from "../../local/database.ts";
import { startStack } from "../../local/stack.ts";
import { webhookLatency, webhookThroughput } from "./inward.ts";
import { describeMachine } from "./machine.ts";
import { callsPerThousand, commitToDeal, contractsInZoho, doorbells, throughput } from "./outward.ts";
import { printTable } from "./table.ts";
import { triggerCost } from "./triggers.ts";

const contracts = 1000;

const server = await startPostgres();
try {
  const admin = postgres(server.adminUrl, { max: 1, onnotice() {} });
  await admin.unsafe("alter system set track_functions = 'all'");
  await admin.unsafe("select pg_reload_conf()");
  console.log(await describeMachine(admin));
  await admin.end();

  const database = await createDatabase(server.adminUrl, "plain");
  const sql = postgres(database.url, { max: 2, onnotice() {} });
  printTable("Triggers", await triggerCost(sql));
  await sql.end();

  const stack = await startStack({ clusterUrl: server.adminUrl });
  try {
    await contractsInZoho(stack, contracts);
    printTable("Outward", [
      ...await callsPerThousand(stack),
      ...await commitToDeal(stack, 200),
      ...await throughput(stack, contracts),
      ...await doorbells(stack),
    ]);
    printTable("Inward", [...await webhookLatency(stack, 500), ...await webhookThroughput(stack, 4000)]);
  } finally {
    await stack.stop();
  }
} finally {
  await server.stop();
}
Deno.exit(0);
