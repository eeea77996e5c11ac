// deno task backfill: brings what was there before the sync was into Zoho, or says what would become of it.
import { runCommand } from "./support/command.ts";
import { runBackfill, usage } from "./support/backfill.ts";

await runCommand(usage, runBackfill);
