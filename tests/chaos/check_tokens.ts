import type { Findings } from "./report.ts";
import type { ChaosContext } from "./context.ts";

const tenMinutesMs = 600_000;

/** Zoho gives ten new access tokens in ten minutes of its clock, and fifteen live at a time. */
export async function checkTokens(context: ChaosContext, { other }: Findings): Promise<void> {
  const { zoho } = context.stack;
  const calls = (await zoho.calls()).filter(({ path }) => path.startsWith("/oauth/"));
  const times = calls.map(({ atMs }) => atMs + offsetAt(context, atMs)).sort((a, b) => a - b);
  const most = times.reduce((worst, end) => {
    const within = times.filter((ms) => ms <= end && ms > end - tenMinutesMs).length;
    return Math.max(worst, within);
  }, 0);
  if (most > 10) other.push(`Zoho was asked for ${most} new tokens in ten minutes`);
  const { tokens } = await zoho.state();
  if (tokens.active > 15) other.push(`${tokens.active} access tokens are alive`);
}

function offsetAt({ zohoClock }: ChaosContext, ms: number): number {
  return zohoClock.findLast(({ sinceMs }) => sinceMs <= ms)?.offsetMs ?? 0;
}
