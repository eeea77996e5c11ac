import { z } from "zod";
import { ChannelError, openChannels } from "../alerts/channels.ts";
import { checkAlerts } from "../alerts/check.ts";
import { alertNames, titleOf } from "../alerts/conditions.ts";
import { testMessage } from "../alerts/message.ts";
import { publicAddress } from "../alerts/public_address.ts";
import { readChannels, storeChannel, storedNames } from "../alerts/stored_channels.ts";
import { inBackground } from "../platform/background.ts";
import { callFunction } from "../platform/database.ts";
import { answer, BadRequestError } from "../platform/http.ts";
import { alertSettings } from "../platform/settings.ts";
import { readStatus } from "../status/read.ts";
import type { AlertItem, AlertsAnswer, AlertsCheckAnswer, AlertTestAnswer, Answered } from "./answers.ts";
import { actorOf, recordAction } from "./audit.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf, knownMoment, noArguments, queryOf } from "./validate.ts";

const row = z.object({
  name: z.string(),
  state: z.enum(["on", "off"]),
  since: z.string(),
  detail: z.string().nullable(),
  told: z.record(z.string(), z.string()),
  lastNotifiedAt: z.string().nullable(),
  isMuted: z.boolean(),
  mutedUntil: z.string().nullable(),
});
const reads = z.object({ lastCheckedAt: z.string().nullable(), rows: z.array(row) });

/** GET /alerts: every alert, and whether it is on, muted and sent. */
export async function alerts(call: AdminCall): Promise<Response> {
  queryOf(call, noArguments);
  return answer({ success: true, ...await readAlerts(call) } satisfies Answered<AlertsAnswer>);
}

async function readAlerts(call: AdminCall): Promise<AlertsAnswer> {
  const { settings, stored } = await readChannels(call.db, call.settings.tokenKeys, alertSettings());
  const { webhookUrl, email, hook, heartbeatUrl } = settings;
  const channels = {
    webhook: webhookUrl !== null,
    email: email !== null,
    hook: hook !== null,
    heartbeat: heartbeatUrl !== null,
  };
  const { lastCheckedAt, rows } = reads.parse(await callFunction(call.db, "zoho_admin_alerts", {}));
  const used = (["webhook", "email", "hook"] as const).filter((name) => channels[name]);
  return {
    alerts: alertNames.map((name): AlertItem => {
      const title = titleOf(name);
      const found = rows.find((each) => each.name === name);
      if (!found) return { name, title, ...unseen };
      const { told, ...rest } = found;
      const isUntold = used.some((channel) => (told[channel] ?? "off") !== rest.state);
      return { ...rest, name, title, isUnsent: isUntold && !rest.isMuted };
    }),
    lastCheckedAt,
    channels,
    isAnyoneNotified: used.length > 0,
    stored,
  };
}

const unseen = {
  state: "off" as const,
  since: null,
  detail: null,
  mutedUntil: null,
  isMuted: false,
  lastNotifiedAt: null,
  isUnsent: false,
};

const muting = z.strictObject({
  alert: z.enum(alertNames),
  until: z.union([knownMoment, z.literal("forever"), z.null()]),
});

/** POST /alerts/mute: mutes one alert until a moment or for good, or ends the muting. */
export async function muteAlert(call: AdminCall): Promise<Response> {
  const { alert, until } = bodyOf(call, muting);
  await recordAction(call, until === null ? "unmute" : "mute", { alert, until });
  await callFunction(call.db, "zoho_mute_alert", {
    p_name: alert,
    ...(until === null ? {} : { p_until: until === "forever" ? "infinity" : until }),
  });
  return answer({ success: true, ...await readAlerts(call) } satisfies Answered<AlertsAnswer>);
}

const asked = z.strictObject({ reason: z.string().max(40).optional() });

/** POST /alerts/check: rung by pg_cron it answers at once, called by hand it waits and answers what changed. */
export async function checkNow(call: AdminCall): Promise<Response> {
  const { reason } = bodyOf(call, asked);
  const check = async (): Promise<AlertsCheckAnswer> => {
    const { settings } = await readChannels(call.db, call.settings.tokenKeys, alertSettings());
    const status = await readStatus(call.db, call.settings);
    return await checkAlerts({ db: call.db, settings, status, fetcher: fetch, now: Date.now, log: call.log });
  };
  if (reason !== "schedule") {
    return answer({ success: true, ...await check() } satisfies Answered<AlertsCheckAnswer>);
  }
  inBackground(
    check().catch((error) => {
      call.log("error", "the check for alerts failed", {
        fault: error instanceof Error ? error.name : "unknown",
      });
    }),
  );
  return answer({ success: true, message: "checking" }, 202);
}

/** POST /alerts/test: a message to every channel, now; it says which took it. */
export async function testAlerts(call: AdminCall): Promise<Response> {
  bodyOf(call, noArguments);
  await recordAction(call, "test alert", {});
  const { settings } = await readChannels(call.db, call.settings.tokenKeys, alertSettings());
  const message = testMessage(settings.dashboardUrl, Date.now());
  const results = await Promise.all(
    openChannels(settings, fetch).map(async ({ name, send }) => ({
      channel: name,
      ...await send(message).then(
        () => ({ ok: true, code: null }),
        (error) => ({ ok: false, code: error instanceof ChannelError ? error.code : "INTERNAL" }),
      ),
    })),
  );
  return answer({ success: true, results } satisfies Answered<AlertTestAnswer>);
}

const channelRequest = z.strictObject({
  channel: z.enum(storedNames),
  url: publicAddress.nullable(),
  token: z.string().trim().min(1).max(500).regex(/^\S+$/, { error: "has a space in it" }).optional(),
});

/** POST /alerts/channels: sets where alerts go, or with null takes it away. A variable of the channel counts before it. */
export async function setAlertChannel(call: AdminCall): Promise<Response> {
  const { channel, url, token } = bodyOf(call, channelRequest);
  const { webhookUrl, hook } = alertSettings();
  if ((channel === "webhook" ? webhookUrl : hook) !== null) {
    throw new BadRequestError(409, {
      code: "SET_BY_VARIABLE",
      message: `The channel ${channel} is set by a variable of the functions`,
      hint: "supabase secrets unset it, then set it here",
    });
  }
  await recordAction(call, url === null ? "remove alert channel" : "set alert channel", { channel });
  await storeChannel(call.db, call.settings.tokenKeys, {
    name: channel,
    channel: url === null ? null : { url, token: token ?? null },
    by: actorOf(call),
  });
  return answer({ success: true, ...await readAlerts(call) } satisfies Answered<AlertsAnswer>);
}
