// deno task zoho:watch: opens, lists or renews the Notification channel of a deployed (or local) project.
import { callAdmin } from "./support/call_admin.ts";
import { isRecord } from "../supabase/functions/_shared/platform/is_record.ts";
import { CommandError, readArguments, runCommand, type Terminal } from "./support/command.ts";
import { localTime } from "./support/local_time.ts";
import { projectUsage, readProject } from "./support/project.ts";
import { textTable } from "./support/table.ts";
import { oneOfWords } from "./support/wrong_argument.ts";

const usage = `Usage: deno task zoho:watch [open|list|renew]

Opens, lists or renews the channel by which Zoho's Notification API calls zoho-webhook. A channel lives six days;
pg_cron renews it every night, and a channel that has run out is opened anew.

${projectUsage}`;

async function watch(args: string[], terminal: Terminal): Promise<number> {
  const { positionals: [action = "list"] } = readArguments(args, {}, usage, 1);
  oneOfWords("zoho:watch", action, ["open", "list", "renew"], usage);
  const answer = await callAdmin(terminal, readProject(terminal), "POST /watch", { action });
  if (answer.success !== true) {
    throw new CommandError(`${action} failed: ${answer.message ?? "no reason given"}`);
  }
  const channels = Array.isArray(answer.channels) ? answer.channels.filter(isRecord) : [];
  terminal.print(
    channels.length === 0 ? String(answer.message ?? "No channel is open.") : textTable(
      channels.map(({ channelId, module, expiresAt }) => [
        `channel ${channelId}`,
        String(module),
        `until ${typeof expiresAt === "string" ? localTime(expiresAt) : "an unknown time"}`,
      ]),
    ),
  );
  return 0;
}

await runCommand(usage, watch);
