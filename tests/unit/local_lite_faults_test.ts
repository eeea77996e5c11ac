import { assertEquals } from "@std/assert";
import { withDatabaseAway } from "../../local/lite_faults.ts";

/** As lite puts an error of the database. */
const failure = (message: string, status = 500) =>
  Response.json({ code: "SUP", details: null, hint: null, message }, { status });

// What was seen while a Postgres 17 under traffic was stopped, killed and started, and what it says after a crash of a
// backend.
const away = [
  "Error: connect ECONNREFUSED 127.0.0.1:45619",
  "Error: read ECONNRESET",
  "Error: write CONNECTION_CLOSED 127.0.0.1:45619",
  "Error: This socket has been ended by the other party",
  "PostgresError: terminating connection due to administrator command",
  "PostgresError: terminating connection due to unexpected postmaster exit",
  "PostgresError: the database system is shutting down",
  "PostgresError: the database system is starting up",
  "PostgresError: the database system is not yet accepting connections",
  "PostgresError: the database system is in recovery mode",
];
for (const message of away) {
  Deno.test(`the Data API answers 503 to: ${message}`, async () => {
    const answer = await withDatabaseAway(failure(message));
    assertEquals([answer.status, (await answer.json()).code], [503, "PGRST001"]);
  });
}

Deno.test("another fault of the Data API is passed on", async () => {
  const message = "PostgresError: division by zero";
  const answer = await withDatabaseAway(failure(message));
  assertEquals([answer.status, (await answer.json()).message], [500, message]);
});

Deno.test("a refusal that mentions a lost database stays a refusal", async () => {
  assertEquals((await withDatabaseAway(failure("starting up", 400))).status, 400);
});
