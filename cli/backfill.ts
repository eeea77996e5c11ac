// deno task backfill: brings what was there before the sync was into Zoho, or says what would become of it.
import { runCommand } from "./support/command.ts";
import { backfill, usage } from "./support/backfill.ts";

await runCommand(usage, backfill);
