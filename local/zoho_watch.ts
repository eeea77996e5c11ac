// deno task zoho:watch: opens, lists or renews the Notification channel of a deployed (or local) project.

const usage = `Usage: deno task zoho:watch [open|list|renew]

Needs SUPABASE_URL (https://<ref>.supabase.co, or what deno task start printed) and SB_SECRET_KEY (a secret key of the
project). Opens, lists or renews the channel by which Zoho's Notification API calls zoho-webhook. A channel lives six days;
pg_cron renews it every night, and a channel that has run out is opened anew.`;

interface Channel {
  channelId: string;
  module: string;
  expiresAt: string | null;
}

async function main([action = "list"]: string[]): Promise<number> {
  const url = Deno.env.get("SUPABASE_URL");
  const key = Deno.env.get("SB_SECRET_KEY");
  if (!["open", "list", "renew"].includes(action)) return fail(`There is no action "${action}".\n\n${usage}`);
  if (!url) return fail(`SUPABASE_URL is not set.\n\n${usage}`);
  if (!key) return fail(`SB_SECRET_KEY is not set.\n\n${usage}`);

  const response = await fetch(`${url}/functions/v1/zoho-admin/watch`, {
    method: "POST",
    headers: { apikey: key, "content-type": "application/json" },
    body: JSON.stringify({ action }),
  }).catch(() => null);
  if (!response) return fail(`${url} does not answer.`);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || answer.success !== true) {
    const { code, message, hint } = answer.error ?? {};
    return fail(
      [`${action} failed (${response.status})`, code, message ?? answer.message, hint]
        .filter(Boolean).join(": "),
    );
  }
  const channels: Channel[] = answer.channels ?? [];
  if (channels.length === 0) console.log(answer.message ?? "No channel is open.");
  for (const { channelId, module, expiresAt } of channels) {
    console.log(`channel ${channelId}  ${module.padEnd(10)} until ${expiresAt ?? "an unknown time"}`);
  }
  return 0;
}

function fail(text: string): number {
  console.error(text);
  return 1;
}

Deno.exit(await main(Deno.args));
