import { z } from "zod";
import { callFunction, type ServiceClient } from "../platform/database.ts";
import type { AlertSettings } from "../platform/alert_settings.ts";
import type { Log } from "../platform/log.ts";
import type { StatusAnswer } from "../status/answer.ts";
import type { AlertsCheckAnswer } from "./answer.ts";
import { type AlertChannel, beat, ChannelError, openChannels } from "./channels.ts";
import { alertNames, conditions } from "./conditions.ts";
import { messageOf, type Telling } from "./message.ts";

const telling = z.object({
  name: z.string(),
  state: z.enum(["on", "off"]),
  since: z.string(),
  beganAt: z.string().nullable(),
  detail: z.string().nullable(),
  channels: z.array(z.string()),
});

const decision = z.object({
  changed: z.array(z.object({ name: z.enum(alertNames), state: z.enum(["on", "off"]) })),
  tell: z.array(telling),
});

export interface CheckDependencies {
  db: ServiceClient;
  settings: AlertSettings;
  status: StatusAnswer;
  fetcher: typeof fetch;
  now: () => number;
  log: Log;
}

/**
 * One check: finds what is wrong now and what of it is new, and sends it. A message that a channel did not accept is sent again
 * at the next check, so it arrives at least once. The heartbeat is sent only if no message is left.
 *
 * @throws DatabaseError
 */
export async function checkAlerts(deps: CheckDependencies): Promise<AlertsCheckAnswer> {
  const { db, settings, status, fetcher, now, log } = deps;
  const channels = openChannels(settings, fetcher);
  const { changed, tell } = decision.parse(
    await callFunction(db, "zoho_decide_alerts", {
      p_conditions: conditions(status, settings.silentHours)
        .map(({ name, detail }) => ({ name, on: detail !== null, detail })),
      p_channels: channels.map(({ name }) => name),
    }),
  );
  const outcomes = await Promise.all(
    channels.map((channel) => send(channel, tell, settings.dashboardUrl, { now, log })),
  );
  if (tell.length > 0) {
    const took = (name: string) => outcomes.some(({ channel, ok }) => channel === name && ok);
    await callFunction(db, "zoho_alerts_told", {
      p_told: tell.map(({ name, state, channels: asked }) => ({ name, state, channels: asked.filter(took) })),
    });
  }
  const failed = outcomes.filter(({ ok }) => !ok).length;
  if (failed === 0 && settings.heartbeatUrl !== null) {
    await beat(settings.heartbeatUrl, fetcher).catch((error) =>
      log("warn", "the heartbeat failed", describe(error))
    );
  }
  return { changed, sent: outcomes.filter(({ ok, lines }) => ok && lines > 0).length, failed };
}

interface Outcome {
  channel: string;
  lines: number;
  ok: boolean;
}

async function send(
  channel: AlertChannel,
  tell: (Telling & { channels: string[] })[],
  link: string | null,
  { now, log }: { now: () => number; log: Log },
): Promise<Outcome> {
  const mine = tell.filter(({ channels }) => channels.includes(channel.name));
  const outcome = { channel: channel.name, lines: mine.length };
  if (mine.length === 0) return { ...outcome, ok: true };
  try {
    await channel.send(messageOf(mine, link, now()));
    return { ...outcome, ok: true };
  } catch (error) {
    log("error", "an alert could not be sent; it is tried again at the next check", describe(error));
    return { ...outcome, ok: false };
  }
}

function describe(error: unknown): Record<string, string> {
  return error instanceof ChannelError
    ? { channel: error.channel, code: error.code }
    : { code: error instanceof Error ? error.name : "unknown" };
}
