// deno task backfill: brings entities from before the sync into Zoho, or reports what would happen.
import { runCommand } from "./support/command.ts";
import { runBackfill, usage } from "./support/backfill.ts";

await runCommand(usage, runBackfill);
